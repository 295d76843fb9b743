"""Training learns, repeats bit for bit, resumes where it stopped, and says what went wrong."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dsconv_lib.data import COUNT, CanvasStream, load_optdigits, make_canvases, random_affine
from dsconv_lib.evaluation import evaluate, evaluate_segmentation
from dsconv_lib.networks import ArticleNet, CheckpointError, DSNet, SegNet, load_checkpoint
from dsconv_lib.training import Recipe, fit
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


def trained_on_canvases(parts, recipe=RECIPE, *, count=COUNT, **options):
    torch.manual_seed(0)
    model, recipe = SegNet(8, (1, 2)), replace(recipe, batch_size=4)
    stream, validation = CanvasStream(parts[0], 24, count), make_canvases(parts[1], 6)
    options["measure"] = evaluate_segmentation
    return model, fit(model, stream, validation, recipe, **options)


RUNS = pytest.mark.parametrize("run", [trained, trained_on_canvases])


def test_training_learns_to_read_real_digits(parts, digits):
    torch.manual_seed(0)
    model = DSNet()
    history = fit(model, *parts, replace(RECIPE, epochs=8))
    assert history.loss[-1] < history.loss[0] / 2
    assert history.score[-1] > 0.8
    assert evaluate(model, digits.split("test")) > 0.8
    assert len(history.loss) == len(history.lr) == len(history.score) == 8


def test_training_learns_to_label_pixels(parts):
    _, history = trained_on_canvases(parts)
    assert history.loss[-1] < history.loss[0]
    assert history.score[-1] > history.score[0]


def test_the_reported_score_is_the_returned_models(parts):
    model, history = trained(parts)
    assert evaluate(model, parts[1]) == history.score[-1]
    model, history = trained_on_canvases(parts)
    assert evaluate_segmentation(model, make_canvases(parts[1], 6)) == history.score[-1]


@RUNS
def test_the_same_seed_gives_the_same_weights_bit_for_bit(run, parts):
    first, second = (run(parts, augment=random_affine) for _ in range(2))
    assert torch.equal(weights(first[0]), weights(second[0]))
    assert first[1] == second[1]


@RUNS
def test_another_seed_gives_other_weights(run, parts):
    other = replace(RECIPE, seed=2)
    assert not torch.equal(weights(run(parts)[0]), weights(run(parts, other)[0]))


@RUNS
@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_resumed_run_ends_with_the_same_weights(run, parts, tmp_path, stop_after):
    whole, history = run(parts, augment=random_affine)
    options = {"augment": random_affine, "checkpoint": tmp_path / "run.pt"}
    _, first_part = run(parts, stop_after=stop_after, **options)
    resumed, all_of_it = run(parts, **options)
    assert len(first_part.loss) == stop_after
    assert torch.equal(weights(resumed), weights(whole))
    assert all_of_it == history
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


KILLED = """
import os, signal, sys
from test_training import *

digits, scores = load_optdigits(), []


def killed_at_the_second_epoch(net, validation):
    scores.append(0.0)
    if len(scores) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0


parts = digits.split("train"), digits.split("validation")
trained(parts, measure=killed_at_the_second_epoch, checkpoint=sys.argv[1])
"""


def test_a_killed_run_resumes_to_the_same_weights(parts, tmp_path):
    file = tmp_path / "run.pt"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*sys.path, str(Path(__file__).parent)]),
    }
    done = subprocess.run([sys.executable, "-c", KILLED, file], env=environment)
    assert done.returncode == -signal.SIGKILL
    assert len(load_checkpoint(file)["rows"]) == 1
    resumed, _ = trained(parts, checkpoint=file)
    assert torch.equal(weights(resumed), weights(trained(parts)[0]))


@RUNS
def test_a_loss_that_is_no_number_stops_the_run_with_epoch_and_rate(run, parts):
    said = (
        r"(inf|nan) at step \d+ \(epoch 1\), at a learning rate of .*: try a smaller lr than 1e\+30"
    )
    with pytest.raises(FloatingPointError, match=said):
        run(parts, replace(RECIPE, lr=1e30))


def test_a_run_that_fails_leaves_the_model_as_it_was(parts):
    model = small_net()
    with pytest.raises(FloatingPointError):
        fit(model, *parts, replace(RECIPE, lr=1e30))
    assert torch.equal(weights(model), weights(small_net()))


def test_what_is_wrapped_around_the_model_answers_the_batches(parts):
    asked = []

    def counting(net):
        return lambda x: asked.append(len(x)) or net(x)

    assert torch.equal(weights(trained(parts, wrap=counting)[0]), weights(trained(parts)[0]))
    assert asked == [64] * 3 * (1097 // 64)


def test_too_few_digits_for_a_batch_are_refused(parts):
    with pytest.raises(ValueError, match="1097 of optdigits train do not fill a batch of 2000"):
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


def test_a_checkpoint_of_another_model_says_what_was_expected(parts, checkpoint):
    with pytest.raises(CheckpointError, match=r"file has .*expected"):
        fit(ArticleNet(head_size=1), *parts, RECIPE, checkpoint=checkpoint)


def test_a_checkpoint_of_another_recipe_says_what_was_expected(parts, checkpoint):
    with pytest.raises(CheckpointError, match=r"recipe\.lr: file has 0\.01, expected 0\.02"):
        trained(parts, replace(RECIPE, lr=0.02), checkpoint=checkpoint)


def test_without_validation_digits_no_score_is_reported(parts):
    history = fit(small_net(), parts[0], None, replace(RECIPE, epochs=2))
    assert len(history.loss) == 2
    assert all(value != value for value in history.score)  # nan


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
    file = {"checkpoint": tmp_path / "run.pt", "stop_after": 1}
    trained(parts, **file)
    with pytest.raises(CheckpointError, match=r"recipe\.augmented: file has False, expected True"):
        trained(parts, augment=random_affine, **file)
    with pytest.raises(CheckpointError, match=r"recipe\.digits: file has optdigits train, 1097"):
        trained((parts[1], parts[1]), **file)


def test_a_checkpoint_of_other_canvases_is_refused(parts, tmp_path):
    file = {"checkpoint": tmp_path / "run.pt", "stop_after": 1}
    trained_on_canvases(parts, **file)
    with pytest.raises(
        CheckpointError, match=r"canvases of 3 to 8 digits, 24, expected .* 1 to 2 "
    ):
        trained_on_canvases(parts, count=(1, 2), **file)
