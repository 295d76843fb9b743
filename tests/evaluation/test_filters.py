"""What is said of filters: their parts, their weight in the answer, how far a network looks."""

import pytest
import torch

from dsconv_lib.convolution import receptive_field
from dsconv_lib.evaluation import filters
from dsconv_lib.networks import DSNet, load_pretrained

DIGITS = torch.randn(6, 1, 28, 28, generator=torch.Generator().manual_seed(0))
KERNELS = torch.randn(20_000, 3, 3, generator=torch.Generator().manual_seed(1))


def test_shares_sum_to_one_and_chance_follows_the_dimensions():
    shares = filters.kernel_shares(KERNELS)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(20_000))
    torch.testing.assert_close(shares.mean(dim=0), torch.tensor([4, 3, 2]) / 9, atol=0.01, rtol=0)


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "edge"),  # Sobel
        ([[0, 1, 1], [-1, 0, 1], [-1, -1, 0]], "edge"),  # a slanted one
        ([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], "blob"),  # Laplace: centre and surround
        ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], "blob"),  # a smooth one
        ([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "line"),
        ([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]], "line"),
    ],
)
def test_well_known_templates_are_sorted_as_their_names_say(kernel, kind):
    kernel = torch.tensor([kernel], dtype=torch.float)
    shares = filters.kernel_shares(kernel - (kernel.mean() if kind == "line" else 0))
    assert shares[0, filters.KINDS.index(kind)] >= 0.5 - 1e-6
    for turned in (kernel.rot90(1, (1, 2)), kernel.flip(2), -3 * kernel):
        torch.testing.assert_close(filters.kernel_shares(turned), filters.kernel_shares(kernel))


def test_an_edge_does_not_see_a_constant_and_a_mirror_line_keeps_no_edge():
    kernels = KERNELS[:50]
    edge = (kernels - kernels.rot90(2, (1, 2))) / 2
    torch.testing.assert_close(edge.sum(dim=(1, 2)), torch.zeros(50), atol=1e-5, rtol=0)
    torch.testing.assert_close(filters.kernel_shares(edge)[:, 0], torch.ones(50))
    torch.testing.assert_close(filters.kernel_shares(kernels - edge)[:, 0], torch.zeros(50))


def test_every_depthwise_layer_is_found_and_no_other():
    layers = filters.depthwise_layers(load_pretrained())
    stages = [f"{part}.{block}" for part in ("near", "far") for block in range(3)]
    assert list(layers) == [f"{stage}.conv.depthwise" for stage in stages]
    assert sum(len(layer.weight) for layer in layers.values()) == 143


def test_a_silenced_filter_moves_the_logits_as_much_as_one_removed_by_hand():
    net = load_pretrained()
    kept = {name: weight.clone() for name, weight in net.state_dict().items()}
    effects = filters.silencing_effects(net, DIGITS)
    assert all(weight.equal(kept[name]) for name, weight in net.state_dict().items())
    name, row = "near.1.conv.depthwise", 5
    with torch.no_grad():
        before = net(DIGITS)
        net.near[1].conv.depthwise.weight[row] = 0
        moved = (net(DIGITS) - before).square().mean().sqrt()
        moved = moved / (before - before.mean(dim=0)).square().mean().sqrt()
    torch.testing.assert_close(effects[name][row], moved)
    assert filters.silencing_effects(net, DIGITS, only=name)[name][row] == 0  # already gone
    assert list(filters.silencing_effects(net, DIGITS, only=name)) == [name]


def test_a_planted_dead_filter_is_found_and_a_live_one_keeps_its_kind():
    net, name = load_pretrained(), "far.0.conv.depthwise"
    with torch.no_grad():
        net.far[0].conv.depthwise.weight[3] = 0
    shares = filters.kernel_shares(net.far[0].conv.depthwise.weight[:, 0].detach())
    names = filters.sort_filters(shares, filters.silencing_effects(net, DIGITS, name)[name])
    assert [row for row, kind in enumerate(names) if kind == "dead"] == [3]
    assert set(names) <= {*filters.KINDS, "dead"}


def test_maps_are_those_that_the_layers_make_and_no_hook_stays():
    net = load_pretrained()
    maps = filters.layer_maps(net, DIGITS)
    assert len(maps) == 14
    with torch.no_grad():
        assert maps["stem.0"].equal(net.stem[0](DIGITS))
    assert not any(layer._forward_hooks for layer in net.modules())


@pytest.mark.parametrize("rates", [(1, 1, 1, 1), (1, 2, 1, 2)])
def test_the_effective_field_fills_the_outline_and_nothing_else(rates):
    torch.manual_seed(0)
    net = DSNet(8, rates).eval()
    field = filters.effective_field(net, torch.randn(20, 1, 60, 60))
    stack = [(3, 1, 1), (2, 2, 1), *((3, 1, d) for d in rates[:2])]
    outline = receptive_field([*stack, (2, 2, 1), *((3, 1, d) for d in rates[2:])])
    low, high = (60 - outline) // 2, (60 + outline) // 2
    assert field.sum().item() == pytest.approx(1)
    assert field[low:high, low:high].sum().item() == pytest.approx(1)
    assert field[low].sum() > 0
    assert field[:, high - 1].sum() > 0


def test_kernels_effects_and_canvases_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 5, 5\)"):
        filters.kernel_shares(torch.zeros(2, 5, 5))
    with pytest.raises(ValueError, match=r"2 rows .* 3 effects"):
        filters.sort_filters(torch.ones(2, 3), torch.ones(3))
    with pytest.raises(ValueError, match="side=56"):  # which has no pixel in its middle
        filters.effective_field(DSNet(), torch.zeros(1, 1, 56, 56))


def test_the_square_that_holds_a_share_is_the_smallest():
    field = torch.zeros(8, 8)
    field[3:5, 3:5], field[0, 0] = 0.2, 0.2
    assert filters.side_that_holds(field, 0.8) == 2
    assert filters.side_that_holds(field, 0.81) == 8


def test_a_carpet_is_made_of_the_digits_and_leaves_no_gap():
    images = torch.arange(1, 4).view(3, 1, 1, 1).expand(3, 1, 28, 28)
    canvases = filters.carpet(images, count=5, side=60)
    assert canvases.shape == (5, 1, 60, 60)
    assert set(canvases.unique().tolist()) == {1, 2, 3}
