"""Training learns, repeats bit for bit, resumes where it stopped, and says what went wrong."""

import copy
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from torch import nn

from dsconv_lib.data import load_optdigits, random_affine, to_input
from dsconv_lib.networks import ArticleNet, CheckpointError, DSNet, load_checkpoint, save_checkpoint
from dsconv_lib.training import Recipe, evaluate, fit
from dsconv_lib.training.fit import budget

RECIPE = Recipe(epochs=3, batch_size=64, lr=0.01, seed=1)


@pytest.fixture(scope="module")
def digits():
    return load_optdigits()


@pytest.fixture(scope="module")
def parts(digits):
    return digits.split("train"), digits.split("validation")


def small_net(seed=0):
    torch.manual_seed(seed)
    return DSNet(width=4, dilations=(1, 2))


def weights(model):
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


def trained(parts, recipe=RECIPE, **options):
    model = small_net()
    history = fit(model, *parts, recipe, **options)
    return model, history


def test_training_learns_to_read_real_digits(parts, digits):
    torch.manual_seed(0)
    model = DSNet()
    history = fit(model, *parts, replace(RECIPE, epochs=8))
    assert history.loss[-1] < history.loss[0] / 2
    assert history.accuracy[-1] > 0.8
    assert evaluate(model, digits.split("test")) > 0.8
    assert len(history.loss) == len(history.lr) == len(history.accuracy) == 8


def test_the_reported_accuracy_is_the_returned_models(parts):
    model, history = trained(parts)
    assert evaluate(model, parts[1]) == history.accuracy[-1]


def test_the_same_seed_gives_the_same_weights_bit_for_bit(parts):
    first, second = (trained(parts, augment=random_affine) for _ in range(2))
    assert torch.equal(weights(first[0]), weights(second[0]))
    assert first[1] == second[1]


def test_another_seed_gives_other_weights(parts):
    other = replace(RECIPE, seed=2)
    assert not torch.equal(weights(trained(parts)[0]), weights(trained(parts, other)[0]))


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_resumed_run_ends_with_the_same_weights(parts, tmp_path, stop_after):
    whole, history = trained(parts, augment=random_affine)
    options = {"augment": random_affine, "checkpoint": tmp_path / "run.pt"}
    _, first_part = trained(parts, stop_after=stop_after, **options)
    resumed, all_of_it = trained(parts, **options)
    assert len(first_part.loss) == stop_after
    assert torch.equal(weights(resumed), weights(whole))
    assert all_of_it == history
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_killed_run_resumes_to_the_same_weights(parts, tmp_path):
    program = (
        "import sys\n"
        "sys.path[:0] = ['tests', 'tests/training']\n"
        "from test_training import *\n"
        "digits = load_optdigits()\n"
        "parts = digits.split('train'), digits.split('validation')\n"
        "trained(parts, replace(RECIPE, epochs=40), checkpoint=sys.argv[1])\n"
    )
    file = tmp_path / "run.pt"
    run = subprocess.Popen([sys.executable, "-c", program, str(file)], cwd=os.getcwd())
    for _ in range(600):
        if file.exists() or run.poll() is not None:
            break
        time.sleep(0.1)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert 1 <= len(load_checkpoint(file)["rows"]) < 40
    resumed, _ = trained(parts, replace(RECIPE, epochs=40), checkpoint=file)
    whole, _ = trained(parts, replace(RECIPE, epochs=40))
    assert torch.equal(weights(resumed), weights(whole))


def test_a_loss_that_is_no_number_stops_the_run_with_epoch_and_rate(parts):
    model = small_net()
    with torch.no_grad():
        model.head.weight.fill_(float("nan"))
    with pytest.raises(
        FloatingPointError, match=r"nan at step 1 \(epoch 1\), at a learning rate of"
    ):
        fit(model, *parts, RECIPE)


def test_evaluation_leaves_the_model_as_it_was(parts):
    model = small_net()
    before = weights(model)
    model.train()
    evaluate(model, parts[1])
    assert model.training
    assert torch.equal(weights(model), before)


def test_evaluation_counts_what_argmax_says(parts):
    class Oracle(nn.Linear):
        def forward(self, x):
            return nn.functional.one_hot(self.answers, 10).float()

    oracle = Oracle(1, 1)
    oracle.answers = parts[1].labels.clone()
    assert evaluate(oracle, parts[1]) == 1.0
    oracle.answers[:50] = (oracle.answers[:50] + 1) % 10
    assert evaluate(oracle, parts[1]) == 0.75  # 50 of 200 wrong


def test_too_few_digits_for_a_batch_are_refused(parts):
    with pytest.raises(ValueError, match="1097 digits do not fill a batch of 2000"):
        fit(small_net(), *parts, replace(RECIPE, batch_size=2000))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}])
def test_a_recipe_without_sense_is_refused(parts, wrong):
    with pytest.raises(ValueError, match="must be a whole number"):
        fit(small_net(), *parts, replace(RECIPE, **wrong))


def test_budget_knows_two_words(monkeypatch):
    monkeypatch.setenv("DSCONV_BUDGET", "book")
    assert budget() == "book"
    monkeypatch.setenv("DSCONV_BUDGET", "lavish")
    with pytest.raises(ValueError, match="'lavish'"):
        budget()


@pytest.fixture
def checkpoint(parts, tmp_path):
    file = tmp_path / "run.pt"
    trained(parts, stop_after=1, checkpoint=file)
    return file


def test_a_truncated_checkpoint_is_named_and_kept(parts, checkpoint):
    content = checkpoint.read_bytes()[: checkpoint.stat().st_size // 2]
    checkpoint.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"run\.pt is not a whole checkpoint"):
        trained(parts, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == content


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04."])
def test_a_foreign_file_is_named(parts, tmp_path, content):
    file = tmp_path / "letter.txt"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"letter\.txt"):
        trained(parts, checkpoint=file)


def test_a_checkpoint_of_another_model_says_what_was_expected(parts, checkpoint):
    with pytest.raises(CheckpointError, match=r"file has .*expected"):
        fit(ArticleNet(head_size=1), *parts, RECIPE, checkpoint=checkpoint)


def test_a_checkpoint_of_another_recipe_says_what_was_expected(parts, checkpoint):
    with pytest.raises(CheckpointError, match=r"recipe\.lr: file has 0\.01, expected 0\.02"):
        trained(parts, replace(RECIPE, lr=0.02), checkpoint=checkpoint)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    file = tmp_path / "evil.pt"
    torch.save({"model": copy.deepcopy, "print": print}, file)
    with pytest.raises(CheckpointError, match=r"evil\.pt"):
        load_checkpoint(file)


def test_a_failed_write_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    file = tmp_path / "run.pt"
    save_checkpoint({"rows": [1]}, file)

    def full_disk(state, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint({"rows": [1, 2]}, file)
    assert load_checkpoint(file) == {"rows": [1]}
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def affine(x, **amounts):
    still = {"degrees": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
    return random_affine(x, torch.Generator().manual_seed(0), **{**still, **amounts})


def test_an_affine_map_of_nothing_changes_nothing(digits):
    x = to_input(digits.images[:16])
    torch.testing.assert_close(affine(x), x, atol=1e-4, rtol=0)


@pytest.mark.parametrize("amount", [{"degrees": 8}, {"scale": 0.1}, {"shear": 0.1}, {"shift": 2}])
def test_each_image_moves_by_an_amount_of_its_own(digits, amount):
    x = to_input(digits.images[:1]).expand(8, 1, 28, 28)
    moved = affine(x, **amount)
    assert moved.shape == x.shape
    assert len(moved.flatten(1).unique(dim=0)) == 8
    paper = to_input(torch.zeros(8, 1, 28))
    torch.testing.assert_close(moved[:, :, 0], paper)  # the rim stays paper


def test_a_shift_moves_ink_by_at_most_its_amount(digits):
    x = digits.images[:32] / 255
    columns = torch.arange(28.0)

    def centre(images):
        ink = images.sum(dim=(1, 2))  # (N, 1, 28, 28) -> (N, 28)
        return (ink * columns).sum(1) / ink.sum(1)

    moved = (centre(affine(x, shift=1.5)) - centre(x)).abs()
    assert moved.max() <= 1.6
    assert moved.max() > 1.0


def test_input_has_mean_zero_and_spread_one_for_mnists_ink():
    ink = torch.tensor([0.1307, 0.1307 + 0.3081]) * 255
    torch.testing.assert_close(to_input(ink), torch.tensor([0.0, 1.0]))


def test_without_validation_digits_no_accuracy_is_reported(parts):
    history = fit(small_net(), parts[0], None, replace(RECIPE, epochs=2))
    assert len(history.loss) == 2
    assert all(value != value for value in history.accuracy)  # nan


def test_groups_move_at_rates_of_their_own(parts):
    def groups(net):
        return [
            {"params": list(net.stem.parameters()), "lr": 0.0},
            {"params": list(net.head.parameters()), "lr": 0.01},
        ]

    model, before = small_net(), small_net()
    history = fit(model, *parts, replace(RECIPE, average=0.0), groups=groups)
    assert torch.equal(model.stem[0].weight, before.stem[0].weight)  # rate 0
    assert torch.equal(model.near[0].norm.weight, before.near[0].norm.weight)  # in no group
    assert not torch.equal(model.head.weight, before.head.weight)
    assert max(history.lr) <= 0.01


def test_a_checkpoint_of_other_digits_or_augmentation_is_refused(parts, tmp_path):
    file = {"checkpoint": tmp_path / "run.pt"}
    trained(parts, stop_after=1, **file)
    with pytest.raises(CheckpointError, match=r"recipe\.augmented: file has False, expected True"):
        trained(parts, augment=random_affine, **file)
    with pytest.raises(CheckpointError, match=r"recipe\.digits: file has optdigits train, 1097"):
        trained((parts[1], parts[1]), **file)
