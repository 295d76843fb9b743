"""Networks that label every pixel: their shapes, what they see, how well they label."""

import pytest
import torch

from dsconv_lib.convolution import receptive_field
from dsconv_lib.data import load_optdigits, make_canvases
from dsconv_lib.evaluation import confusion_matrix, evaluate_segmentation, mean_iou
from dsconv_lib.networks import ASPP, SegNet, TwoScaleNet, load_net
from dsconv_lib.studies import find_benchmarks

NETS = [
    lambda: SegNet(8, (1, 2)),
    lambda: SegNet(8, (1,), aspp=(2, 4), branch=3),
    lambda: TwoScaleNet(8, 12, near=(1,), far=(1, 2)),
]


@pytest.mark.parametrize("build", NETS)
@pytest.mark.parametrize("sides", [(64, 64), (40, 72)])
def test_there_are_eleven_logits_for_every_pixel(build, sides):
    assert build()(torch.zeros(2, 1, *sides)).shape == (2, 11, *sides)


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


NONSENSE = [(SegNet, (0,)), (SegNet, (8, ())), (ASPP, (8, ())), (ASPP, (8, (0,)))]


@pytest.mark.parametrize(("net", "sizes"), [*NONSENSE, (TwoScaleNet, (8, 8, (1,), ()))])
def test_nonsense_is_refused(net, sizes):
    with pytest.raises(ValueError, match="whole number"):
        net(*sizes)


def test_sides_that_do_not_halve_twice_are_refused_with_the_numbers():
    with pytest.raises(ValueError, match=r"\(66, 64\) pixels"):
        TwoScaleNet()(torch.zeros(1, 1, 66, 64))


def test_the_stored_networks_read_digits_they_were_not_trained_on():
    paths = sorted(find_benchmarks().glob("weights/dense/*.pt"))
    assert len(paths) >= 6
    digits = load_optdigits().split("train")
    canvases = make_canvases(digits, 30, seed=1)
    background = confusion_matrix(canvases.labels, torch.zeros_like(canvases.labels), 11)
    for path in paths:
        assert evaluate_segmentation(load_net(path), canvases) > mean_iou(background), path.name
