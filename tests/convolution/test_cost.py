"""The prices agree with PyTorch: its parameters, and its own FLOP counter."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dsconv_lib.convolution import Cost, DSConv2d, conv2d_cost, dsconv2d_cost, output_size
from dsconv_lib.convolution.cost import conv2d_intensity
from dsconv_lib.networks import count_weights

CHANNELS = st.integers(1, 6)


def measured(layer: nn.Module, in_channels: int, size: int) -> Cost:
    """Count with PyTorch alone: stored numbers, and half the FLOPs of one forward pass."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, in_channels, size, size))
    return Cost(params=count_weights(layer), macs=counter.get_total_flops() // 2)


@st.composite
def geometries(draw):
    """Draw a layer's shape that leaves at least one output pixel."""
    kernel_size, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    span = dilation * (kernel_size - 1) + 1
    return {
        "size": draw(st.integers(span, span + 9)),
        "kernel_size": kernel_size,
        "stride": draw(st.integers(1, 3)),
        "padding": draw(st.integers(0, 4)),
        "dilation": dilation,
    }


@given(geometries(), CHANNELS, CHANNELS, st.integers(1, 4), st.booleans())
def test_conv2d_cost_is_what_pytorch_counts(shape, per_group_in, per_group_out, groups, bias):
    size = shape.pop("size")
    channels = per_group_in * groups, per_group_out * groups
    layer = nn.Conv2d(*channels, **shape, groups=groups, bias=bias)
    out_size = output_size(size, **shape)
    price = conv2d_cost(*channels, shape["kernel_size"], out_size, groups=groups, bias=bias)
    assert price == measured(layer, channels[0], size)


@given(geometries(), CHANNELS, CHANNELS, st.booleans())
def test_dsconv2d_cost_is_what_pytorch_counts(shape, in_channels, out_channels, bias):
    size = shape.pop("size")
    layer = DSConv2d(in_channels, out_channels, **shape, bias=bias)
    out_size = output_size(size, **shape)
    price = dsconv2d_cost(in_channels, out_channels, shape["kernel_size"], out_size, bias=bias)
    assert price == measured(layer, in_channels, size)


@pytest.mark.parametrize("wrong", ["in_channels", "out_channels", "kernel_size", "out_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None, True])
@pytest.mark.parametrize("price", [conv2d_cost, dsconv2d_cost])
def test_a_cost_refuses_nonsense_and_repeats_it(price, wrong, value):
    right = {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "out_size": 28}
    with pytest.raises(ValueError, match=f"{wrong}={value!r}"):
        price(**{**right, wrong: value})


@pytest.mark.parametrize("channels", [(4, 6), (6, 4)])
def test_groups_must_divide_both_channel_counts(channels):
    with pytest.raises(ValueError, match=r"groups=4.*in_channels=\d.*out_channels=\d"):
        conv2d_cost(*channels, 3, 28, groups=4)


@pytest.mark.parametrize("groups", [1, 8])
def test_the_bytes_of_an_intensity_are_those_that_the_tensors_of_a_real_layer_hold(groups):
    layer, x = nn.Conv2d(8, 16, 3, padding=1, groups=groups, bias=False), torch.randn(4, 8, 10, 10)
    tensors = x, layer.weight, layer(x)
    moved = sum(t.numel() * t.element_size() for t in tensors)
    macs = layer(x).numel() * layer.weight[0].numel()
    assert conv2d_intensity(8, 16, 3, 10, groups=groups, batch=4) == macs / moved
