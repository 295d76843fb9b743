"""The article's network runs once mended; DSNet sees as far as it says, and reads."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from dsconv_lib.convolution import receptive_field
from dsconv_lib.data import load_optdigits
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import (
    ArticleNet,
    DSNet,
    SegNet,
    TiedNet,
    count_weights,
    load_pretrained,
)

BATCH = torch.zeros(2, 1, 28, 28)


@pytest.mark.parametrize(
    ("sizes", "count"), [({"head_size": 1}, 1_076), ({"pool_size": 7}, 16_436)]
)
def test_each_mend_runs(sizes, count):
    net = ArticleNet(**sizes)
    assert net(BATCH).shape == (2, 10)
    assert count_weights(net) == count


def test_the_articles_first_layer_has_rank_one():
    net = ArticleNet().double()
    maps = net.conv1.pointwise.weight[:, :, 0, 0] @ net.conv1.depthwise.weight.flatten(1)
    assert torch.linalg.matrix_rank(maps) == 1  # 16 kernels of nine, all multiples of one


@pytest.mark.parametrize("width", [1, 4, 16, 24])
@pytest.mark.parametrize("dilations", [(1, 1), (1, 2, 1, 2), (1, 2, 3, 1, 2, 3)])
def test_dsnet_runs_at_any_width_and_rates(width, dilations):
    assert DSNet(width, dilations, num_classes=7)(BATCH).shape == (2, 7)


@pytest.mark.parametrize("net", [DSNet, SegNet])
def test_rates_do_not_change_the_number_of_weights(net):
    rates = (1, 1, 1, 1), (2, 4, 2, 4), (8, 8, 8, 8)
    assert len({count_weights(net(dilations=each)) for each in rates}) == 1


@pytest.fixture
def net():
    torch.manual_seed(0)
    return DSNet(width=4, head_kernel=7).eval()


def test_a_learned_average_begins_as_the_plain_one(net):
    plain = DSNet(width=4).eval()
    plain.load_state_dict(net.state_dict(), strict=False)
    torch.testing.assert_close(net(BATCH), plain(BATCH), atol=1e-4, rtol=1e-4)


def test_a_learned_average_tells_the_left_from_the_right(net):
    maps = torch.randn(1, 12, 7, 7)
    places = net.average[0].weight
    places.data = torch.rand_like(places)
    expected = (maps * places.transpose(0, 1)).sum(dim=(2, 3))  # the norm is untrained
    found = net.average(maps).flatten(1)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
    assert not torch.allclose(net.average(maps.flip(3)).flatten(1), found, atol=1e-2)


def test_dsnet_reads_as_far_as_the_formula_says():
    net = DSNet().eval()
    torch.manual_seed(0)
    x = torch.randn(64, 1, 84, 84, requires_grad=True)
    maps = net.far(net.pool(net.near(net.stem(x))))
    maps[..., 10, 10].sum().backward()
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    layers = [(3, 1, 1), (2, 2, 1), (3, 1, 1), (3, 1, 2), (2, 2, 1), (3, 1, 1), (3, 1, 2)]
    assert rows.max() - rows.min() + 1 == receptive_field(layers)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width=0"),
        ({"num_classes": -1}, "num_classes=-1"),
        ({"dilations": (1,)}, "number_of_dilations=1"),
        ({"dilations": (1, 0)}, "dilation=0"),
        ({"head_kernel": 0}, "head_kernel=0"),
    ],
)
def test_dsnet_refuses_nonsense(wrong, message):
    with pytest.raises(ValueError, match=message):
        DSNet(**wrong)


TWO_SCALES = {"widths": (3, 4, 6), "dilations": ((1, 2, 3), (2, 1)), "head_kernel": 7}


def test_shared_kernels_answer_as_copies_of_them_would():
    torch.manual_seed(0)
    tied, x = TiedNet(**TWO_SCALES), torch.randn(2, 1, 28, 28)
    copies = TiedNet(**TWO_SCALES, tied=False)
    assert tied.which == [0, 1, 1, 2, 3] and len(copies.layers) == 5
    state = tied.state_dict()
    for name in copies.state_dict():
        if name.startswith("layers."):
            _, at, rest = name.split(".", 2)
            state[name] = tied.state_dict()[f"layers.{tied.which[int(at)]}.{rest}"]
    copies.load_state_dict(state)
    torch.testing.assert_close(tied(x), copies(x))


def test_another_run_of_a_shared_kernel_costs_its_norm_alone():
    counts = [count_weights(TiedNet((5, 5), ((1, 2, 3)[:runs],))) for runs in (1, 2, 3)]
    assert [later - sooner for sooner, later in pairwise(counts)] == [10, 10]


@pytest.mark.parametrize("rates", [(1, 1, 1, 1), (1, 2, 3, 1)])
def test_a_tied_net_reads_as_far_as_its_rates_reach(rates):
    torch.manual_seed(0)
    net, x = TiedNet((4, 4), (rates,)).eval(), torch.randn(64, 1, 84, 84, requires_grad=True)
    net.average, net.head = nn.Identity(), nn.Identity()
    net(x).unflatten(1, (4, 42, 42))[..., 20, 20].sum().backward()
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    layers = [(3, 1, 1), (2, 2, 1), *((3, 1, rate) for rate in rates)]
    assert rows.max() - rows.min() + 1 == receptive_field(layers)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"widths": (3, 4)}, "2 widths for 2 scales"),
        ({"dilations": ((1,), ())}, "runs=0"),
        ({"dilations": ((1,), (0,))}, "dilation=0"),
        ({"head_kernel": 0}, "head_kernel=0"),
    ],
)
def test_a_tied_net_refuses_nonsense(wrong, message):
    with pytest.raises(ValueError, match=message):
        TiedNet(**TWO_SCALES | wrong)


def test_the_pretrained_net_reads_handwriting_it_was_not_trained_on():
    assert evaluate(load_pretrained(), load_optdigits()) > 0.4  # chance is 0.1
