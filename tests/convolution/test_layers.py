"""The layer is what the book says it is: dense algebra, torch's shapes, fewer weights."""

import pytest
import torch
from hypothesis import given, strategies as st
from torch import nn

from dsconv_lib.convolution import DSBlock, DSConv2d


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),  # channels, kernel
    st.tuples(st.integers(1, 3), st.integers(0, 4)) | st.just((1, "same")),  # stride, padding
    st.integers(1, 3),
)
def test_separable_equals_dense_conv_with_a_factored_kernel(sizes, steps, dilation):
    torch.manual_seed(0)
    layer, dense = (kind(*sizes, *steps, dilation) for kind in (DSConv2d, nn.Conv2d))
    with torch.no_grad():  # W[o, i] = P[o, i] * D[i]: (O,I,1,1) * (1,I,K,K)
        dense.weight.copy_(layer.pointwise.weight * layer.depthwise.weight.transpose(0, 1))
        dense.bias.copy_(layer.pointwise.bias)
    x = torch.randn(2, sizes[0], 17, 14)
    torch.testing.assert_close(layer(x), dense(x), rtol=1e-4, atol=1e-5)


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


@pytest.mark.parametrize(
    ("shape", "side"), [((6, 6, 3, 1), None), ((3, 6, 3, 1), 5), ((6, 6, 3, 2), 3)]
)
def test_a_block_adds_its_input_where_the_shape_stays(shape, side):
    block = DSBlock(*shape).eval()
    torch.nn.init.zeros_(block.conv.pointwise.weight)  # what is left is the shortcut
    x = torch.randn(2, shape[0], 5, 5)
    assert torch.equal(block(x), torch.zeros(2, 6, side, side) if side else x.relu())


def test_a_block_refuses_an_even_kernel():
    with pytest.raises(ValueError, match="kernel_size=4, but it must be odd"):
        DSBlock(3, 6, kernel_size=4)


def test_a_block_ends_in_a_normalised_relu():
    torch.manual_seed(0)
    y = DSBlock(3, 6)(torch.randn(8, 3, 28, 28))
    assert y.min() == 0
    assert 0.3 < (y > 0).float().mean() < 0.7
