"""Training learns, repeats bit for bit, resumes where it stopped, and says what went wrong."""

import math
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from dsconv_lib.data import COUNT, CanvasStream, load_optdigits, make_canvases, random_affine
from dsconv_lib.evaluation import evaluate, evaluate_segmentation
from dsconv_lib.networks import ArticleNet, DSNet, SegNet
from dsconv_lib.networks.storage import CheckpointError, load_checkpoint
from dsconv_lib.training import Recipe, fit, within_budget
from dsconv_lib.training.fit import moving_average

RECIPE = Recipe(epochs=3, batch_size=64, lr=0.01, seed=1)
TRAIN, VALIDATION, TEST = map(load_optdigits().split, ("train", "validation", "test"))
CANVASES = make_canvases(VALIDATION, 6)


def small_net():
    torch.manual_seed(0)
    return DSNet(width=4, dilations=(1, 2))


def weights(model):
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


def trained(recipe=RECIPE, *, model=None, train=TRAIN, **options):
    model = model or small_net()
    return model, fit(model, train, VALIDATION, recipe, **options)


def trained_on_canvases(recipe=RECIPE, *, count=COUNT, **options):
    torch.manual_seed(0)
    model, recipe = SegNet(8, (1, 2)), replace(recipe, batch_size=4)
    options["measure"] = evaluate_segmentation
    return model, fit(model, CanvasStream(TRAIN, 24, count), CANVASES, recipe, **options)


@pytest.fixture(scope="module", params=[trained, trained_on_canvases])
def run(request):
    return request.param


@pytest.fixture(scope="module")
def whole(run):
    """A run from its first step to its last: the model, and what was reported."""
    return run(augment=random_affine)


def test_training_learns_to_read_real_digits():
    torch.manual_seed(0)
    model, history = trained(replace(RECIPE, epochs=8), model=DSNet())
    assert history.loss[-1] < history.loss[0] / 2
    assert history.score[-1] > 0.8
    assert evaluate(model, TEST) > 0.8
    assert len(history.loss) == len(history.lr) == len(history.score) == 8


def test_a_short_run_learns_and_its_score_is_the_returned_models(run, whole):
    model, history = whole
    assert history.loss[-1] < history.loss[0]
    assert history.score[-1] > history.score[0]
    if run is trained:
        assert evaluate(model, VALIDATION) == history.score[-1]
    else:
        assert evaluate_segmentation(model, CANVASES) == history.score[-1]


def test_the_same_seed_gives_the_same_weights_bit_for_bit_and_another_others(run, whole):
    model, history = run(augment=random_affine)
    assert torch.equal(weights(model), weights(whole[0]))
    assert history == whole[1]
    model, _ = run(replace(RECIPE, seed=2), augment=random_affine)
    assert not torch.equal(weights(model), weights(whole[0]))


def test_a_resumed_run_ends_with_the_same_weights(run, whole, tmp_path):
    options = {"augment": random_affine, "checkpoint": tmp_path / "run.pt"}
    _, first_part = run(stop_after=2, **options)
    resumed, all_of_it = run(**options)
    assert len(first_part.loss) == 2
    assert torch.equal(weights(resumed), weights(whole[0]))
    assert all_of_it == whole[1]
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


KILLED = """
import os, signal, sys
from test_training import *

def killed_at_the_second_epoch(net, validation):
    if os.path.exists(sys.argv[1]):  # written after the first
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0

trained(measure=killed_at_the_second_epoch, checkpoint=sys.argv[1])
"""


def test_a_killed_run_resumes_to_the_same_weights(tmp_path):
    file = tmp_path / "run.pt"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, file], env=environment)
    assert done.returncode == -signal.SIGKILL
    assert len(load_checkpoint(file)["rows"]) == 1
    resumed, _ = trained(checkpoint=file)
    assert torch.equal(weights(resumed), weights(trained()[0]))


def test_a_loss_that_is_no_number_stops_the_run_and_leaves_the_model_as_it_was():
    model, place = small_net(), r"(inf|nan) at step \d+ \(epoch 1\), at a learning rate of .*"
    with pytest.raises(FloatingPointError, match=rf"{place}: try a smaller lr than 1e\+30"):
        trained(replace(RECIPE, lr=1e30), model=model)
    assert torch.equal(weights(model), weights(small_net()))


def test_what_is_wrapped_around_the_model_answers_the_batches():
    asked = []

    def counting(net):
        return lambda x: asked.append(len(x)) or net(x)

    one_epoch = replace(RECIPE, epochs=1)
    wrapped, plain = (trained(one_epoch, wrap=wrap)[0] for wrap in (counting, None))
    assert torch.equal(weights(wrapped), weights(plain))
    assert asked == [64] * (1097 // 64)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2000}, "1097 of optdigits train do not fill a batch of 2000"),
    ],
)
def test_a_recipe_without_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        trained(replace(RECIPE, **wrong))


def test_budget_knows_two_words(monkeypatch):
    monkeypatch.setenv("DSCONV_BUDGET", "book")
    assert within_budget(book=12, quick=1) == 12
    monkeypatch.setenv("DSCONV_BUDGET", "lavish")
    with pytest.raises(ValueError, match="'lavish'"):
        within_budget(book=12, quick=1)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    file = tmp_path_factory.mktemp("checkpoint") / "run.pt"
    trained(stop_after=1, checkpoint=file)
    return file


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": ArticleNet(head_size=1)}, r"model\..*: file has nothing, expected"),
        ({"recipe": replace(RECIPE, lr=0.02)}, r"recipe\.lr: file has 0\.01, expected 0\.02"),
        ({"augment": random_affine}, r"recipe\.augmented: file has False, expected True"),
        ({"train": VALIDATION}, r"recipe\.digits: file has optdigits train, 1097, expected"),
    ],
)
def test_a_checkpoint_of_something_else_says_what_was_expected(checkpoint, change, message):
    with pytest.raises(CheckpointError, match=message):
        trained(**change, checkpoint=checkpoint)


def test_without_validation_digits_no_score_is_reported():
    history = fit(small_net(), TRAIN, None, replace(RECIPE, epochs=1))
    assert math.isnan(*history.score)


def test_groups_move_at_rates_of_their_own():
    def groups(net):
        rates = {net.stem: 0.0, net.head: 0.01}
        return [{"params": list(part.parameters()), "lr": lr} for part, lr in rates.items()]

    before, recipe = small_net(), replace(RECIPE, epochs=1, average=0.0)
    model, history = trained(recipe, groups=groups)
    assert torch.equal(model.stem[0].weight, before.stem[0].weight)  # rate 0
    assert torch.equal(model.near[0].norm.weight, before.near[0].norm.weight)  # in no group
    assert not torch.equal(model.head.weight, before.head.weight)
    assert max(history.lr) <= 0.01


def test_a_checkpoint_of_other_canvases_is_refused(tmp_path):
    file = {"checkpoint": tmp_path / "run.pt", "stop_after": 1}
    trained_on_canvases(**file)
    with pytest.raises(
        CheckpointError, match=r"canvases of 3 to 8 digits, 24, expected .* 1 to 2 "
    ):
        trained_on_canvases(count=(1, 2), **file)


def test_an_average_starts_short_and_then_keeps_as_much_as_it_is_told():
    follow, average, kept = moving_average(0.9), [torch.ones(1)], []
    for taken in range(1, 120):
        before = average[0].item()
        follow(average, [torch.zeros(1)], torch.tensor(taken))
        kept.append(average[0].item() / before)
    expected = [min(0.9, (1 + taken) / (10 + taken)) for taken in range(1, 120)]
    assert kept == pytest.approx(expected, rel=1e-5)
    counts = [torch.tensor(3)]
    follow(counts, [torch.tensor(7)], torch.tensor(1))
    assert counts == [torch.tensor(7)]  # a norm's count of batches is no average
