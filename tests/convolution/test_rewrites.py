"""A rewritten network takes another time, and says what it said before."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dsconv_lib.convolution import fold_blocks, polyphase_conv2d
from dsconv_lib.networks import load_pretrained


def test_a_folded_network_says_the_same_and_leaves_the_first_alone():
    net, x = load_pretrained(), torch.randn(4, 1, 28, 28)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    torch.testing.assert_close(fold_blocks(net)(x), net(x), rtol=1e-3, atol=1e-3)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize("dilation", [1, 2, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("groups", [1, 4])
def test_the_polyphase_form_is_the_dilated_convolution(dilation, layout, groups):
    torch.manual_seed(0)
    options = {"padding": 2 * dilation, "dilation": dilation, "groups": groups}
    conv = nn.Conv2d(4, 8, 5, **options)
    x = torch.randn(2, 4, 8, 12).to(memory_format=layout)
    y = F.conv2d(x, conv.weight, **options)
    found = polyphase_conv2d(x, conv.weight, dilation, groups)
    torch.testing.assert_close(found, y, rtol=1e-4, atol=1e-5)


def test_a_rate_that_does_not_divide_the_map_is_refused():
    with pytest.raises(ValueError, match="maps of 9 x 8, rate 2"):
        polyphase_conv2d(torch.zeros(1, 1, 9, 8), torch.zeros(1, 1, 3, 3), 2)
