"""What is frozen stays, each part moves at its own rate, and no label is spent twice."""

import pytest
import torch

from dsconv_lib.data import load_optdigits
from dsconv_lib.networks import DSNet
from dsconv_lib.training import (
    WAYS,
    Recipe,
    adapt,
    discriminative_groups,
    draw_per_class,
    freeze,
    frozen_statistics,
    gradual_stages,
    recipe_for_few,
    trainable_params,
    unfreeze,
)
from dsconv_lib.training.finetuning import learning_parts

DIGITS = load_optdigits()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return DSNet(width=4, dilations=(1, 2))


def test_frozen_parts_keep_their_weights_and_the_rest_moves(net):
    freeze(net.stem, net.near)
    before = {name: weight.clone() for name, weight in net.named_parameters()}
    net(torch.randn(8, 1, 28, 28)).square().sum().backward()
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    for name, weight in net.named_parameters():
        assert torch.equal(weight, before[name]) == name.startswith(("stem", "near"))


def test_unfreezing_gives_all_weights_back(net):
    everything = trainable_params(net)
    freeze(net)
    assert trainable_params(net) == 0
    unfreeze(net.head)
    assert trainable_params(net) == 12 * 10 + 10
    unfreeze(net)
    assert trainable_params(net) == everything


def test_freezing_does_not_stop_batch_norm_statistics_but_the_context_does(net):
    freeze(net)
    batch_norm, x = net.stem[2], torch.randn(8, 1, 28, 28) + 3
    still = batch_norm.running_mean.clone()
    with frozen_statistics(net):
        net.train()
        net(x)
        assert torch.equal(batch_norm.running_mean, still)
    assert batch_norm.training
    net(x)
    assert not torch.equal(batch_norm.running_mean, still)


def test_each_part_that_learns_moves_at_its_own_rate_and_a_frozen_one_has_none(net):
    parts = learning_parts(net)
    assert parts == [net.stem, net.near, net.far, net.head]  # but not the pool
    groups = discriminative_groups(parts, lr=0.26, factor=2.6)
    assert [group["lr"] for group in groups] == pytest.approx([0.26 / 2.6**k for k in (3, 2, 1, 0)])
    covered = [weight for group in groups for weight in group["params"]]
    assert len(covered) == len(list(net.parameters()))
    torch.optim.SGD(groups)  # an optimiser takes them as they are
    freeze(net.stem)
    assert len(discriminative_groups(parts, lr=0.1)) == 3


def test_gradual_unfreezing_starts_at_the_head_and_ends_with_all():
    assert gradual_stages("abc") == [["c"], ["b", "c"], ["a", "b", "c"]]


@pytest.mark.parametrize("per_class", [1, 10, 100])
def test_a_draw_has_the_same_number_of_every_class_and_leaves_the_rest(per_class):
    drawn, rest = draw_per_class(DIGITS, per_class, seed=3)
    assert drawn.labels.bincount().tolist() == [per_class] * 10
    assert len(drawn) + len(rest) == len(DIGITS)
    both = torch.cat([drawn.images, rest.images]).flatten(1).long().sum(1)
    assert both.sort().values.equal(DIGITS.images.flatten(1).long().sum(1).sort().values)


def test_a_seed_draws_the_same_digits_and_a_larger_draw_contains_the_smaller():
    small, _ = draw_per_class(DIGITS, 2, seed=5)
    again, _ = draw_per_class(DIGITS, 2, seed=5)
    large, _ = draw_per_class(DIGITS, 4, seed=5)
    other, _ = draw_per_class(DIGITS, 2, seed=6)
    assert torch.equal(small.images, again.images)
    assert not torch.equal(small.images, other.images)
    known = {image.numpy().tobytes() for image in large.images}
    assert all(image.numpy().tobytes() in known for image in small.images)


@pytest.mark.parametrize(
    ("per_class", "epochs", "batch"), [(1, 100, 10), (2, 100, 20), (10, 25, 25)]
)
def test_a_recipe_asks_for_the_same_steps_however_few_the_digits(per_class, epochs, batch):
    few, _ = draw_per_class(DIGITS, per_class, seed=0)
    recipe = recipe_for_few(few, 0.003, steps=100, seed=4)
    assert recipe == Recipe(epochs=epochs, batch_size=batch, lr=0.003, seed=4)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_changes_what_it_says_and_leaves_everything_trainable(net, way):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    few, _ = draw_per_class(DIGITS, 1, seed=0)
    adapt(net, few, way, recipe_for_few(few, 0.01, steps=4))
    changed = {name for name, now in net.state_dict().items() if not before[name].equal(now)}
    statistics = {name for name in net.state_dict() if "running" in name}
    weights = {name for name, _ in net.named_parameters()}
    if way == "head only":
        assert changed == {"head.weight", "head.bias"}
    elif way == "frozen statistics":
        assert changed == weights
    else:
        assert changed >= weights | statistics
    assert all(weight.requires_grad for weight in net.parameters())
    assert not any(part._forward_pre_hooks for part in net.modules())


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda net: discriminative_groups([net], 0.0, 2.6), "must both be positive"),
        (lambda net: discriminative_groups([net], 0.1, -1.0), "must both be positive"),
        (lambda net: draw_per_class(DIGITS, 180, seed=0), "180 digits of class"),
        (lambda net: recipe_for_few(DIGITS, 0.1, steps=0), "steps=0, but it must be a whole"),
        (lambda net: recipe_for_few(DIGITS, 0.1, batch_size=0), "size=0, but it must be a whole"),
        (lambda net: adapt(net, DIGITS, "prayer", Recipe()), "one of from scratch, head only"),
    ],
)
def test_what_makes_no_sense_is_refused(net, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(net)
