"""Networks that label every pixel: their shapes, what they see, how they are measured, trained."""

import math

import pytest
import torch
from sklearn.metrics import jaccard_score
from torch import nn

from dsconv_lib.convolution import receptive_field
from dsconv_lib.data import load_optdigits, make_canvases
from dsconv_lib.networks import (
    ASPP,
    CheckpointError,
    SegNet,
    TwoScaleNet,
    load_net,
    save_net,
)
from dsconv_lib.studies import find_benchmarks
from dsconv_lib.training import (
    Recipe,
    class_iou,
    evaluate_segmentation,
    fit_segmentation,
    label_pixels,
    mean_iou,
    pixel_confusion,
)

DIGITS = load_optdigits().split("train")
SHORT = Recipe(epochs=2, batch_size=4, lr=0.02)
NETS = [
    lambda: SegNet(8, (1, 2)),
    lambda: SegNet(8, (1,), aspp=(2, 4), branch=3),
    lambda: TwoScaleNet(8, 12, near=(1,), far=(1, 2)),
]


def params(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())


@pytest.mark.parametrize("build", NETS)
@pytest.mark.parametrize("sides", [(64, 64), (40, 72)])
def test_there_are_eleven_logits_for_every_pixel(build, sides):
    assert build()(torch.zeros(2, 1, *sides)).shape == (2, 11, *sides)


def test_rates_change_no_weight():
    rates = [(1, 1, 1), (2, 4, 8), (8, 8, 8)]
    assert len({params(SegNet(24, r)) for r in rates}) == 1


@pytest.mark.parametrize("rates", [(1, 1), (1, 2, 4), (4, 4)])
def test_the_field_that_gradients_find_is_the_field_computed(rates):
    torch.manual_seed(0)
    net = SegNet(4, rates).double().eval()
    x = torch.randn(1, 1, 41, 41, dtype=torch.double, requires_grad=True)
    net(x)[0, :, 20, 20].square().sum().backward()
    seen = x.grad[0, 0].abs().sum(dim=0).nonzero()
    side = receptive_field([(3, 1, 1), *[(3, 1, rate) for rate in rates]])
    assert int(seen.max() - seen.min()) + 1 == side


def test_the_pyramid_also_sees_the_whole_canvas():
    torch.manual_seed(0)
    aspp = ASPP(6, rates=(1, 2)).double().eval()
    for weight in aspp.parameters():
        weight.data.abs_()  # so that no ReLU closes
    x = torch.rand(1, 6, 32, 32, dtype=torch.double, requires_grad=True)
    aspp(x)[0, :, 16, 16].sum().backward()
    assert (x.grad.abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda: SegNet(0),
        lambda: SegNet(8, ()),
        lambda: ASPP(8, ()),
        lambda: ASPP(8, (0,)),
        lambda: TwoScaleNet(8, 8, far=()),
    ],
)
def test_nonsense_is_refused(build):
    with pytest.raises(ValueError, match="whole number"):
        build()


def test_sides_that_do_not_halve_twice_are_refused_with_the_numbers():
    with pytest.raises(ValueError, match=r"\(66, 64\) pixels"):
        TwoScaleNet()(torch.zeros(1, 1, 66, 64))


@pytest.mark.parametrize("build", NETS)
def test_a_stored_network_answers_as_before(build, tmp_path):
    torch.manual_seed(0)
    net, x = build().eval(), torch.randn(1, 1, 32, 32)
    save_net(net, tmp_path / "net.pt")
    assert torch.equal(load_net(tmp_path / "net.pt")(x), net(x))


def test_a_file_of_another_network_is_refused(tmp_path):
    path = tmp_path / "other.pt"
    torch.save({"kind": "DSNet", "net": {}, "model": {}}, path)
    with pytest.raises(CheckpointError, match="TwoScaleNet"):
        load_net(path)


def test_iou_agrees_with_scikit_learn():
    generator = torch.Generator().manual_seed(0)
    labels, answers = torch.randint(0, 11, (2, 3, 20, 20), generator=generator)
    theirs = jaccard_score(labels.flatten(), answers.flatten(), average=None)
    confusion = pixel_confusion(labels, answers)
    assert confusion.sum() == labels.numel()
    assert class_iou(confusion).tolist() == pytest.approx(theirs.tolist())
    assert mean_iou(confusion) == pytest.approx(theirs.mean())


def test_a_class_that_is_nowhere_does_not_count():
    confusion = pixel_confusion(torch.tensor([0, 1]), torch.tensor([0, 1]))
    assert class_iou(confusion).isnan().sum() == 9
    assert mean_iou(confusion) == 1.0


def test_all_background_has_one_class_right():
    canvases = make_canvases(DIGITS, 10)
    confusion = pixel_confusion(canvases.labels, torch.zeros_like(canvases.labels))
    assert mean_iou(confusion) < 1 / 11


@pytest.mark.parametrize("shapes", [((2, 3), (3, 2)), ((0,), (0,))])
def test_labels_without_answers_are_refused(shapes):
    with pytest.raises(ValueError, match="must match"):
        pixel_confusion(*(torch.zeros(shape, dtype=torch.long) for shape in shapes))


def test_answers_do_not_depend_on_the_batch_and_training_goes_on():
    torch.manual_seed(0)
    net, images = SegNet(4, (1, 2)), make_canvases(DIGITS, 5).images
    answers = label_pixels(net, images, batch_size=5)
    assert torch.equal(answers, label_pixels(net, images, batch_size=2))
    assert answers.shape == (5, 64, 64) and net.training


def test_looks_are_shifted_back_before_they_are_averaged():
    torch.manual_seed(0)
    net, images = SegNet(4, (1, 2)), make_canvases(DIGITS, 3).images
    plain = label_pixels(net, images)
    shifted = label_pixels(net, images, looks=[(1, -2)])  # no stride: only the edge may differ
    assert torch.equal(plain[:, 8:-8, 8:-8], shifted[:, 8:-8, 8:-8])
    with pytest.raises(ValueError, match="number_of_looks=0"):
        label_pixels(net, images, looks=[])


def test_a_short_run_learns_and_its_seed_decides_it_bit_for_bit():
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        net = SegNet(8, (1, 2))
        history = fit_segmentation(net, DIGITS, recipe=SHORT, per_epoch=24)
        runs.append((net.state_dict(), history))
    (first, history), (again, _) = runs
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert len(history.loss) == len(history.miou) == 2
    assert history.loss[1] < history.loss[0] and math.isnan(history.miou[0])


def test_training_canvases_are_as_crowded_as_asked():
    losses = []
    for count in [(1, 1), (8, 8)]:
        torch.manual_seed(0)
        still = Recipe(epochs=1, batch_size=4, lr=1e-9)
        history = fit_segmentation(SegNet(4, (1,)), DIGITS, recipe=still, per_epoch=8, count=count)
        canvases = make_canvases(DIGITS, 8, seed=0, count=count)
        losses.append((history.loss[0], (canvases.labels > 0).float().mean().item()))
    (few, little), (many, much) = losses
    assert few != many and much > 4 * little
    with pytest.raises(ValueError, match=r"count=\(3, 2\)"):
        fit_segmentation(SegNet(4, (1,)), DIGITS, recipe=SHORT, per_epoch=8, count=(3, 2))


def test_validation_canvases_are_measured_after_every_epoch():
    torch.manual_seed(0)
    net, canvases = SegNet(4, (1,)), make_canvases(DIGITS, 6)
    history = fit_segmentation(net, DIGITS, canvases, SHORT, per_epoch=8)
    assert history.miou[-1] == evaluate_segmentation(net, canvases)


def test_a_rate_that_explodes_is_reported():
    wild = Recipe(epochs=1, batch_size=4, lr=1e30)
    with pytest.raises(FloatingPointError, match="try a smaller lr"):
        fit_segmentation(SegNet(4, (1,)), DIGITS, recipe=wild, per_epoch=64)


@pytest.mark.parametrize(
    ("recipe", "per_epoch", "words"),
    [
        (Recipe(epochs=0), 200, "epochs=0"),
        (Recipe(epochs=1, batch_size=16), 8, "per_epoch=8"),
    ],
)
def test_runs_that_make_no_sense_are_refused(recipe, per_epoch, words):
    with pytest.raises(ValueError, match=words):
        fit_segmentation(SegNet(4, (1,)), DIGITS, recipe=recipe, per_epoch=per_epoch)


def test_the_stored_networks_read_digits_they_were_not_trained_on():
    paths = sorted(find_benchmarks().glob("weights/dense/*.pt"))
    assert len(paths) >= 6
    canvases = make_canvases(DIGITS, 30, seed=1)
    background = pixel_confusion(canvases.labels, torch.zeros_like(canvases.labels))
    for path in paths:
        assert evaluate_segmentation(load_net(path), canvases) > mean_iou(background), path.name


def test_the_network_of_the_goal_stays_within_it():
    assert params(TwoScaleNet()) <= 15_000
