"""Sizes, reach and holes agree with PyTorch: its shapes, and where its gradients arrive."""

from itertools import product

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from dsconv_lib.convolution import (
    effective_kernel,
    has_holes,
    output_size,
    path_counts,
    receptive_field,
)

STACKS = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 9)), min_size=1, max_size=5)


def gradient_of_ones(layers: list[tuple[int, int, int]], size: int) -> torch.Tensor:
    """Send a gradient from the middle output pixel back through 1-D layers of ones."""
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel_size, stride, dilation in layers:
        conv = nn.Conv1d(1, 1, kernel_size, stride, dilation=dilation, bias=False).double()
        nn.init.ones_(conv.weight)
        y = conv(y)
    y[0, 0, y.shape[2] // 2].backward()
    return x.grad[0, 0]


@pytest.mark.parametrize("dilation", range(1, 10))
def test_effective_kernel_is_the_smallest_input_that_fits(dilation):
    for kernel_size in range(1, 10):
        conv = nn.Conv1d(1, 1, kernel_size, dilation=dilation)
        span = effective_kernel(kernel_size, dilation)
        assert conv(torch.zeros(1, 1, span)).shape[2] == 1
        if span > 1:
            with pytest.raises(RuntimeError):
                conv(torch.zeros(1, 1, span - 1))


@pytest.mark.parametrize(("kernel_size", "stride"), product(range(1, 6), range(1, 5)))
def test_output_size_is_torchs_or_both_refuse(kernel_size, stride):
    for padding, dilation, size in product(range(4), range(1, 5), range(1, 13)):
        conv = nn.Conv2d(1, 1, kernel_size, stride, padding, dilation)
        try:
            expected = conv(torch.zeros(1, 1, size, size)).shape[2]
        except RuntimeError:
            with pytest.raises(ValueError, match=f"size={size}.*padding={padding}"):
                output_size(size, kernel_size, stride, padding, dilation)
        else:
            assert output_size(size, kernel_size, stride, padding, dilation) == expected


@given(st.lists(st.tuples(*(st.integers(1, most) for most in (5, 3, 4))), min_size=1, max_size=4))
def test_receptive_field_is_how_far_a_gradient_arrives(layers):
    field = receptive_field(layers)
    arrived = gradient_of_ones(layers, size=2 * field + 40).nonzero()
    assert arrived.max() - arrived.min() + 1 == field


@given(STACKS)
def test_path_counts_are_the_gradients_of_layers_of_ones(stack):
    kernels, rates = zip(*stack, strict=True)
    counts = path_counts(kernels, rates)
    gradient = gradient_of_ones([(k, 1, d) for k, d in stack], size=len(counts))
    assert gradient.tolist() == counts


@pytest.mark.parametrize("count", [1, 2])
def test_the_no_holes_rule_is_exact(count):
    for stack in product(product(range(1, 8), range(1, 10)), repeat=count):
        reached = {0}
        for taps, rate in stack:
            reached = {place + tap * rate for place in reached for tap in range(taps)}
        assert has_holes(*zip(*stack, strict=True)) == (len(reached) < max(reached) + 1), stack


@given(STACKS)
def test_the_no_holes_rule_is_exact_for_long_stacks(stack):
    kernels, rates = zip(*stack, strict=True)
    assert has_holes(kernels, rates) == (0 in path_counts(kernels, rates))


@given(STACKS, st.randoms(use_true_random=False))
def test_the_order_of_the_layers_does_not_matter(stack, random):
    kernels, rates = zip(*stack, strict=True)
    kernels_2, rates_2 = zip(*random.sample(stack, len(stack)), strict=True)
    assert path_counts(kernels, rates) == path_counts(kernels_2, rates_2)
    assert has_holes(kernels, rates) == has_holes(kernels_2, rates_2)


@given(STACKS)
def test_one_kernel_stands_for_all(stack):
    rates = [rate for _, rate in stack]
    assert path_counts(3, rates) == path_counts([3] * len(rates), rates)
    assert has_holes(3, rates) == has_holes([3] * len(rates), rates)


def test_kernels_and_rates_must_match():
    for count in (path_counts, has_holes):
        with pytest.raises(ValueError, match=r"^2 kernels for 3 rates"):
            count([3, 5], [1, 2, 4])


def test_an_empty_stack_sees_one_pixel():
    assert receptive_field([]) == 1
    assert path_counts(3, []) == [1]
    assert not has_holes(3, [])


@pytest.mark.parametrize("value", [0, -2, 1.5, "3", None, True])
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda value: effective_kernel(value, 1), "kernel_size"),
        (lambda value: effective_kernel(3, value), "dilation"),
        (lambda value: output_size(value, 3), "size"),
        (lambda value: output_size(28, value), "kernel_size"),
        (lambda value: output_size(28, 3, stride=value), "stride"),
        (lambda value: output_size(28, 3, dilation=value), "dilation"),
        (lambda value: receptive_field([(3, 1, 1), (value, 1, 1)]), "kernel_size"),
        (lambda value: receptive_field([(3, value, 1)]), "stride"),
        (lambda value: receptive_field([(3, 1, value)]), "dilation"),
        (lambda value: path_counts(value, [1]), "kernel_size"),
        (lambda value: path_counts(3, [1, value]), "dilation"),
        (lambda value: has_holes(value, [1]), "kernel_size"),
        (lambda value: has_holes(3, [value]), "dilation"),
    ],
)
def test_a_calculator_refuses_nonsense_and_repeats_it(call, name, value):
    with pytest.raises(ValueError, match=f"^{name}={value!r}"):
        call(value)


@pytest.mark.parametrize("padding", [-1, 0.5, "same"])
def test_output_size_refuses_a_padding_that_is_not_a_count(padding):
    with pytest.raises(ValueError, match=f"padding={padding!r}"):
        output_size(28, 3, padding=padding)


@pytest.mark.parametrize("layer", [(3, 1), (3, 1, 1, 1), ()])
def test_a_layer_is_three_numbers(layer):
    with pytest.raises(ValueError, match="kernel_size, stride, dilation"):
        receptive_field([layer])
