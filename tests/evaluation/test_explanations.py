"""Explanations keep what their definitions promise, and their tests can tell good from bad."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dsconv_lib.data import load_optdigits, to_input
from dsconv_lib.evaluation.explanations import (
    PAPER,
    explain,
    randomised,
    rank_correlation,
    removal_curve,
    stages_of,
)
from dsconv_lib.networks import DSNet, count_weights, load_pretrained

X = to_input(load_optdigits().images[:12])
NOUGHT = torch.zeros(12, dtype=torch.int64)


@pytest.fixture
def net():
    return load_pretrained()


class Weighted(nn.Module):
    """A network whose best explanation is known: two weighted sums of pixels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(784, 2)
        self.far = nn.Identity()

    def forward(self, x):
        return self.head(self.far(x).flatten(1))


def test_integrated_gradients_sum_to_the_difference_of_the_logits(net):
    with torch.no_grad():
        target = net(X).argmax(dim=1)
        rise = (net(X) - net(torch.full_like(X, PAPER))).gather(1, target[:, None])[:, 0]
    maps = explain(net, X, target, "integrated gradients", steps=200)
    torch.testing.assert_close(maps.sum(dim=(1, 2)), rise, atol=0.1, rtol=0.02)


def test_of_a_linear_network_the_gradient_and_the_integral_are_known():
    linear = Weighted()
    weights = linear.head.weight[0].view(28, 28).detach()
    gradient = explain(linear, X, NOUGHT, "gradient")
    torch.testing.assert_close(gradient, weights.abs().expand(12, 28, 28))
    integral = explain(linear, X, NOUGHT, "integrated gradients")
    torch.testing.assert_close(integral, weights * (X[:, 0] - PAPER), atol=1e-5, rtol=1e-3)


def test_occlusion_blames_the_square_that_alone_has_a_weight():
    linear = Weighted()
    with torch.no_grad():
        linear.head.weight.zero_()
        linear.head.weight[0].view(28, 28)[12:14, 12:14] = 1.0
    maps = explain(linear, torch.full_like(X, 2.0), NOUGHT, "occlusion")
    assert maps.shape == (12, 28, 28) and not maps.requires_grad
    assert maps[0].argmax().item() in {row * 28 + column for row in (12, 13) for column in (12, 13)}
    assert maps[0, :9].abs().max() == maps[0, :, 20:].abs().max() == 0


def test_where_a_plain_average_follows_both_cams_are_the_class_activation_map():
    torch.manual_seed(0)
    net, target = DSNet().eval(), torch.arange(10)
    with torch.no_grad():
        last = net.far(net.pool(net.near(net.stem(X[:10]))))
        small = torch.einsum("nkij,nk->nij", last, net.head.weight) / 49
    wide = F.interpolate(small[:, None], (28, 28), mode="bilinear", align_corners=False)[:, 0]
    for method in ("Grad-CAM", "HiResCAM"):
        torch.testing.assert_close(explain(net, X[:10], target, method), wide, atol=1e-4, rtol=1e-3)


def test_where_the_average_is_learned_only_hirescam_weighs_each_place_by_its_own_gradient(net):
    target = torch.arange(10)
    with torch.no_grad():
        last = net.far(net.pool(net.near(net.stem(X[:10]))))
    last.requires_grad_()
    logits = net.head(net.average(last).flatten(1)).gather(1, target[:, None])
    (slopes,) = torch.autograd.grad(logits.sum(), last)
    by_place = (slopes * last).sum(dim=1, keepdim=True)
    by_map = (slopes.mean(dim=(2, 3), keepdim=True) * last).sum(dim=1, keepdim=True)
    assert not torch.allclose(by_place, by_map, atol=0.01)
    for method, small in {"HiResCAM": by_place, "Grad-CAM": by_map}.items():
        wide = F.interpolate(small, (28, 28), mode="bilinear", align_corners=False)[:, 0]
        found = explain(net, X[:10], target, method)
        torch.testing.assert_close(found, wide.detach(), atol=1e-4, rtol=1e-3)


def test_the_stages_of_a_net_hold_all_its_weights(net):
    for one in (net, DSNet()):
        counted = [count_weights(one.get_submodule(name)) for name in stages_of(one)]
        assert sum(counted) == count_weights(one) and all(counted)


@pytest.mark.parametrize("stages", [0, 1, 2, 5, 9])
def test_as_many_stages_are_drawn_anew_as_asked_and_the_net_is_kept(net, stages):
    twin = randomised(net, X, seed=0, stages=stages)
    for number, name in enumerate(stages_of(net)):
        before, after = (n.get_submodule(name).state_dict() for n in (net, twin))
        same = [before[key].equal(after[key]) for key in before if key.endswith("weight")]
        assert not any(same) if number < stages else all(same)
    assert not twin.training
    restored = load_pretrained().state_dict()
    assert all(weight.equal(restored[name]) for name, weight in net.state_dict().items())


def test_a_seed_repeats_the_fresh_weights_and_another_does_not(net):
    first, again, other = (randomised(net, X, seed)(X) for seed in (0, 0, 1))
    assert first.equal(again)
    assert not first.allclose(other)


def test_a_fresh_net_works_in_the_ranges_of_its_digits(net):
    twin = randomised(net, X, seed=0)
    spreads = []
    for layer in twin.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda _, x, y: spreads.append(y.std().item()))
    twin(X)
    assert len(spreads) == 8
    assert all(0.5 < spread < 1.5 for spread in spreads)


def test_an_unknown_method_and_more_stages_than_there_are_are_refused(net):
    with pytest.raises(ValueError, match="'tea leaves'"):
        explain(net, X, NOUGHT, "tea leaves")
    for stages in (-1, 10):
        with pytest.raises(ValueError, match=f"stages={stages}"):
            randomised(net, X, 0, stages)


def test_rank_correlation_looks_at_order_and_only_where_asked():
    first = torch.arange(16.0).view(4, 4)
    assert rank_correlation(first, first.exp()) == 1
    assert rank_correlation(first, -first) == -1
    assert rank_correlation(first, torch.ones(4, 4)) == 0
    second = first.clone()
    second[0] = -second[0] + 100
    assert rank_correlation(first, second, first >= 4) == 1


def test_the_best_order_removes_fastest_the_worst_slowest_and_inserting_goes_back():
    linear = Weighted()
    worth = (linear.head.weight[0] * (X.flatten(1) - PAPER)).view(12, 28, 28).detach()
    orders = (worth, torch.rand_like(worth), -worth)
    curves = [removal_curve(linear, X, o, [0, 30, 784], lambda z: z[:, 0]) for o in orders]
    best, chance, worst = (curve[:, 1] for curve in curves)
    assert (best < chance).all()
    assert (chance < worst).all()
    for curve in curves:
        torch.testing.assert_close(curve[:, 0], linear(X)[:, 0])
        torch.testing.assert_close(curve[:, 2], linear(torch.full_like(X, PAPER))[:, 0])
    back = removal_curve(linear, X, worth, [0, 784], lambda z: z[:, 0], insert=True)
    torch.testing.assert_close(back, curves[0][:, [2, 0]])
