"""Timings are medians with quartiles, rooflines bound, and rewrites keep what a network says."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dsconv_lib.convolution import Polyphase, fold_blocks, fold_norm, polyphase_conv2d
from dsconv_lib.evaluation import (
    Machine,
    conv2d_intensity,
    conv2d_traffic,
    measure_machine,
    summarise,
    time_call,
    time_layer,
)
from dsconv_lib.networks import load_pretrained


def test_one_slow_run_does_not_move_the_median():
    calm, disturbed = summarise([1.0, 1.1, 1.2, 1.3, 1.4]), summarise([1.0, 1.1, 1.2, 1.3, 50])
    assert calm.median == disturbed.median == 1.2
    assert disturbed.low < disturbed.median < disturbed.high < 2


def test_a_timing_is_given_in_multiples_of_a_unit():
    assert summarise([1.0, 2.0, 3.0]).over(0.5) == (3.0, 4.0, 5.0)


def test_one_run_has_no_spread():
    with pytest.raises(ValueError, match="1 run has no spread"):
        summarise([1.0])


def test_more_work_takes_longer():
    small, large = torch.rand(16, 16), torch.rand(768, 768)
    quick = time_call(lambda: small @ small, at_least=0.02)
    slow = time_call(lambda: large @ large, at_least=0.02)
    assert slow.median > 5 * quick.median > 0
    assert quick.runs >= 5 and slow.runs >= 5


@pytest.mark.clock
def test_backward_comes_on_top_of_forward():
    forward, both = time_layer(nn.Conv2d(16, 16, 3), torch.randn(8, 16, 28, 28), at_least=0.02)
    assert both.median > forward.median


def test_no_time_is_refused():
    with pytest.raises(ValueError, match="at_least=0"):
        time_call(lambda: None, at_least=0)


@pytest.mark.clock
def test_a_machine_moves_bytes_and_multiplies():
    machine = measure_machine(side=128, megabytes=4, at_least=0.02)
    assert machine.macs > 1e8 and machine.bytes > 1e8
    assert machine.roof(machine.ridge) == pytest.approx(machine.macs)
    assert machine.roof(machine.ridge / 2) == pytest.approx(machine.macs / 2)
    assert machine.roof(10 * machine.ridge) == machine.macs
    assert Machine(8.0, 2.0).ridge == 4


@pytest.mark.parametrize("groups", [1, 8])
def test_traffic_is_what_the_tensors_of_a_real_layer_hold(groups):
    layer, x = nn.Conv2d(8, 16, 3, padding=1, groups=groups, bias=False), torch.randn(4, 8, 10, 10)
    tensors = x, layer.weight, layer(x)
    wanted = sum(t.numel() * t.element_size() for t in tensors)
    assert conv2d_traffic(8, 16, 3, 10, groups=groups, batch=4) == wanted
    macs = layer(x).numel() * layer.weight[0].numel()
    assert conv2d_intensity(8, 16, 3, 10, groups=groups, batch=4) == macs / wanted


@pytest.mark.parametrize("bias", [True, False])
def test_folding_agrees_with_torch(bias):
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 5, 3, bias=bias), nn.BatchNorm2d(5).eval()
    norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 2)
    norm.weight.data.normal_(), norm.bias.data.normal_()
    ours, theirs = fold_norm(conv, norm), fuse_conv_bn_eval(conv.eval(), norm)
    x = torch.randn(2, 3, 8, 8)
    torch.testing.assert_close(ours(x), norm(conv(x)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_what_cannot_be_folded_is_refused():
    with pytest.raises(ValueError, match="5 maps, but a normalisation of 4"):
        fold_norm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(4))
    with pytest.raises(ValueError, match="statistics and weights"):
        fold_norm(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5, affine=False))


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
    torch.testing.assert_close(Polyphase(conv)(x), conv(x), rtol=1e-4, atol=1e-5)
    y = F.conv2d(x, conv.weight, **options)
    found = polyphase_conv2d(x, conv.weight, dilation, groups)
    torch.testing.assert_close(found, y, rtol=1e-4, atol=1e-5)


def test_a_rate_that_does_not_divide_the_map_is_refused():
    with pytest.raises(ValueError, match="maps of 9 x 8, rate 2"):
        polyphase_conv2d(torch.zeros(1, 1, 9, 8), torch.zeros(1, 1, 3, 3), 2)
