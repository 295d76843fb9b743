"""The layer is what the book says it is: dense algebra, torch's shapes, fewer weights."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from dsconv_lib.convolution import DSBlock, DSConv2d


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 0), (1, 1), (2, 1), (1, "same")])
def test_separable_equals_dense_conv_with_a_factored_kernel(stride, dilation, padding):
    args = {"kernel_size": 3, "stride": stride, "padding": padding, "dilation": dilation}
    torch.manual_seed(0)
    layer, dense = DSConv2d(3, 5, **args), nn.Conv2d(3, 5, **args)
    with torch.no_grad():  # W[o, i] = P[o, i] * D[i]: (5,3,1,1) * (1,3,3,3)
        dense.weight.copy_(layer.pointwise.weight * layer.depthwise.weight.transpose(0, 1))
        dense.bias.copy_(layer.pointwise.bias)
    x = torch.randn(2, 3, 28, 28)
    torch.testing.assert_close(layer(x), dense(x))


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 4),
    st.integers(1, 3),
)
def test_a_separable_layer_has_the_shape_of_the_dense_one(
    in_channels, out_channels, kernel_size, stride, padding, dilation
):
    args = (in_channels, out_channels, kernel_size, stride, padding, dilation)
    x = torch.zeros(2, in_channels, 17, 14)
    assert DSConv2d(*args)(x).shape == nn.Conv2d(*args)(x).shape


def test_a_depthwise_stage_never_mixes_channels():
    layer = DSConv2d(4, 4, 3, padding=1)
    x = torch.randn(1, 4, 9, 9, requires_grad=True)
    layer.depthwise(x)[0, 2].sum().backward()
    assert x.grad[0, [0, 1, 3]].abs().max() == 0
    assert x.grad[0, 2].abs().max() > 0


def test_a_pointwise_stage_never_looks_at_a_neighbour():
    layer = DSConv2d(4, 4, 3, padding=1)
    x = torch.randn(1, 4, 9, 9, requires_grad=True)
    layer.pointwise(x)[0, :, 4, 5].sum().backward()
    seen = x.grad.abs().sum(dim=(0, 1)).nonzero()
    assert seen.tolist() == [[4, 5]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kernel_size": 0}, "kernel_size=0"),
        ({"stride": 0}, "stride=0"),
        ({"dilation": -1}, "dilation=-1"),
        ({"padding": -1}, "padding=-1"),
        ({"padding": "wide"}, "padding"),
        ({"in_channels": 0}, "in_channels=0"),
        ({"out_channels": 2.5}, "out_channels=2.5"),
    ],
)
def test_a_layer_refuses_nonsense_and_repeats_it(wrong, message):
    with pytest.raises(ValueError, match=message):
        DSConv2d(**{"in_channels": 1, "out_channels": 8, "kernel_size": 3, **wrong})


@pytest.mark.parametrize("dilation", [1, 2, 5])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_a_block_keeps_the_map_size_at_any_rate(kernel_size, dilation):
    block = DSBlock(3, 6, kernel_size, dilation=dilation)
    assert block(torch.zeros(2, 3, 28, 28)).shape == (2, 6, 28, 28)
    assert DSBlock(3, 6, kernel_size, 2, dilation)(torch.zeros(2, 3, 28, 28)).shape[2] == 14


@pytest.mark.parametrize(("shape", "there"), [((6, 6, 3, 1), True), ((3, 6, 3, 1), False)])
def test_a_block_adds_its_input_where_the_shape_stays(shape, there):
    block = DSBlock(*shape).eval()
    torch.nn.init.zeros_(block.conv.pointwise.weight)  # what is left is the shortcut
    x = torch.randn(2, shape[0], 5, 5)
    expected = x.relu() if there else torch.zeros(2, 6, 5, 5)
    assert torch.equal(block(x), expected)


def test_a_block_with_a_stride_has_no_shortcut():
    assert DSBlock(6, 6, stride=2)(torch.zeros(2, 6, 8, 8)).shape == (2, 6, 4, 4)


def test_a_block_refuses_an_even_kernel():
    with pytest.raises(ValueError, match="kernel_size=4, but it must be odd"):
        DSBlock(3, 6, kernel_size=4)


def test_a_block_ends_in_a_normalised_relu():
    torch.manual_seed(0)
    y = DSBlock(3, 6)(torch.randn(8, 3, 28, 28))
    assert y.min() == 0
    assert 0.3 < (y > 0).float().mean() < 0.7
