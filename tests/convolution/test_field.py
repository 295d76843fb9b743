"""What a module reads, told by its operations, is what gradients find with positive weights."""

import copy
import importlib

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from torch import Tensor, nn

from dsconv_lib.convolution import (
    DSBlock,
    ReceptiveField,
    has_holes,
    path_counts,
    receptive_field,
)
from dsconv_lib.networks import (
    ASPP,
    ArticleNet,
    DSNet,
    SegNet,
    TiedNet,
    TwoScaleNet,
    load_pretrained,
)


class Do(nn.Module):
    """Apply a function to a convolved image and to the image."""

    def __init__(self, function):
        super().__init__()
        self.conv, self.function = nn.Conv2d(1, 2, 3, padding=1), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x), x)


class Beside(nn.Module):
    """Run branches side by side; add their maps, or stack them and mix the channels."""

    def __init__(self, *branches: nn.Module, stack: bool = False):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.blend = nn.Conv2d(2 * len(branches), 2, 1) if stack else None

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        return sum(maps) if self.blend is None else self.blend(torch.cat(maps, 1))


def positive(net: nn.Module) -> nn.Module:
    """Copy a net so that no path can cancel another: positive weights, averages for maxima."""
    net = copy.deepcopy(net).double().eval().requires_grad_(False)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
        for name, weight in part.named_parameters(recurse=False):
            weight.fill_(0 if name == "bias" else 1 / weight[0].numel())
        for name, child in part.named_children():
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(part, name, pool)
    return net


def arrived(net: nn.Module, input_size: tuple[int, int, int], shift: int = 0) -> tuple[Tensor, int]:
    """Send a gradient back from the middle place of the output: where it arrives, and the place."""
    x = torch.full((1, *input_size), 1e-3, dtype=torch.float64, requires_grad=True)
    y = net(x)
    place = y.shape[2] // 2 + shift if y.dim() == 4 else 0
    (y[0, :, place, place] if y.dim() == 4 else y).sum().backward()
    return x.grad[0].sum(0) != 0, place


def told(field: ReceptiveField, place: int, side: int) -> Tensor:
    """Lay the square of one place on an image, where it must fit."""
    start = place * field.stride + field.offset
    assert start >= 0 and start + field.size <= side
    image = torch.zeros(side, side, dtype=torch.bool)
    image[start : start + field.size, start : start + field.size] = field.taps
    return image


def assert_gradients_agree(net: nn.Module, channels: int = 1) -> None:
    """Compare pixel by pixel, at the middle place and at the next."""
    field = receptive_field(net, (channels, 128, 128))
    side = 2 * field.size + 4 * field.stride + 48
    for shift in (0, 1):
        seen, place = arrived(positive(net), (channels, side, side), shift)
        assert torch.equal(seen, told(field, place, side))
    assert field.holes == int((~field.taps).sum())


def convolutions():
    numbers = [st.integers(1, 4), st.integers(1, 2), st.integers(0, 3), st.integers(1, 3)]
    return st.builds(lambda k, s, p, d: nn.Conv2d(2, 2, k, s, p, d), *numbers)


def pools():
    kinds, numbers = st.sampled_from([nn.AvgPool2d, nn.MaxPool2d]), st.integers(1, 3)
    return st.builds(lambda kind, k, s: kind(k, s, k // 2), kinds, numbers, numbers)


def branches():
    """Branches that keep a map's size; an even kernel reaches further behind than before."""
    same = st.builds(
        lambda k, d: nn.Conv2d(2, 2, k, padding="same", dilation=d),
        st.integers(1, 4),
        st.integers(1, 4),
    )
    chain = st.builds(nn.Sequential, same, st.builds(nn.ReLU), same)
    several = st.lists(st.one_of(same, chain, st.builds(nn.Identity)), min_size=2, max_size=3)
    return st.builds(lambda parts, stack: Beside(*parts, stack=stack), several, st.booleans())


LAYERS = st.one_of(convolutions(), pools(), branches(), st.builds(lambda: nn.BatchNorm2d(2)))


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@settings(max_examples=40, deadline=None)
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_a_random_net_reads_the_pixels_where_a_gradient_arrives(layers):
    assert_gradients_agree(nn.Sequential(*layers), channels=2)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*(st.integers(1, most) for most in (5, 3, 4))), min_size=1, max_size=4))
def test_a_stack_of_numbers_has_the_size_of_the_stack_of_layers(stack):
    net = nn.Sequential(*[nn.Conv2d(1, 1, k, s, dilation=d) for k, s, d in stack])
    size = receptive_field(stack)
    assert receptive_field(net, (1, size, size)).size == size


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4))
def test_a_pixel_is_read_if_a_path_leads_there(stack):
    net = nn.Sequential(*[nn.Conv2d(1, 1, k, dilation=d) for k, d in stack])
    field, (kernels, rates) = receptive_field(net, (1, 99, 99)), zip(*stack, strict=True)
    paths = torch.tensor(path_counts(kernels, rates))
    assert torch.equal(field.taps, (paths[:, None] * paths) > 0)
    assert (field.holes > 0) == has_holes(kernels, rates)


def test_a_maximum_reads_its_whole_window():
    pool = nn.MaxPool2d(3, stride=2, padding=1, dilation=2)
    net = positive(nn.Sequential(pool, nn.Conv2d(1, 1, 3, dilation=2, bias=False)))
    net[0] = pool
    lit = torch.eye(40 * 40, dtype=torch.float64).view(-1, 1, 40, 40)  # one pixel an image
    y = net(lit)
    place = y.shape[2] // 2
    seen = (y[:, 0, place, place] > 0).view(40, 40)
    assert torch.equal(seen, told(receptive_field(net, (1, 40, 40)), place, 40))


CONVOLUTIONAL = {
    "SegNet": lambda: SegNet(8),
    "SegNet of one rate": lambda: SegNet(8, dilations=(2, 2, 2)),
    "DSNet before its average": lambda: nn.Sequential(*[*DSNet().children()][:4]),
    "the pretrained net before its average": lambda: nn.Sequential(
        *[*load_pretrained().children()][:4]
    ),
    "TwoScaleNet, the far look": lambda: nn.Sequential(*[*TwoScaleNet(8, 8).children()][:5]),
    "ArticleNet, two layers": lambda: nn.Sequential(*[*ArticleNet().children()][:2]),
    "ASPP without the average": lambda: Beside(
        *[nn.Conv2d(1, 2, 3, padding=rate, dilation=rate) for rate in (2, 4, 8)], stack=True
    ),
    "seven rows, then seven columns": lambda: nn.Sequential(
        nn.Conv2d(1, 1, (7, 1)), nn.Conv2d(1, 1, (1, 7))
    ),
}


@pytest.mark.parametrize("make", CONVOLUTIONAL.values(), ids=CONVOLUTIONAL)
def test_a_net_of_the_book_reads_the_pixels_where_a_gradient_arrives(make):
    assert_gradients_agree(make())


DEEP = {
    "mobilenet_v2": lambda zoo: zoo.mobilenet_v2(width_mult=0.1).features,
    "resnet18": lambda zoo: nn.Sequential(*[*zoo.resnet18().children()][:7]),
    "shufflenet": lambda zoo: nn.Sequential(*[*zoo.shufflenet_v2_x0_5().children()][:4]),
}


@pytest.fixture
def zoo():
    """The nets of torchvision, which can be imported once dsconv_lib is."""
    return importlib.import_module("torchvision.models")


@pytest.mark.parametrize("make", DEEP.values(), ids=DEEP)
def test_a_deep_net_reads_the_pixels_where_a_gradient_arrives(make, zoo):
    net = make(zoo)
    field = receptive_field(net, (3, 128, 128))
    side = -(-(field.size + 64) // 32) * 32
    seen, place = arrived(positive(net), (3, side, side))
    assert torch.equal(seen, told(field, place, side))


def test_norms_over_channels_and_moved_dimensions_keep_places_apart(zoo):
    net = zoo.convnext_tiny().features[:2]  # its norms leave no gradient to ones
    torch.manual_seed(0)
    x = torch.randn(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    net.double().eval()(x)[0, :, 16, 16].sum().backward()
    field = receptive_field(net, (3, 128, 128))
    assert torch.equal(x.grad[0].sum(0) != 0, told(field, 16, 128))


@pytest.mark.parametrize(
    ("make", "published"), [("vgg16", (212, 32, -90)), ("inception_v3", (1311, 32, -618))]
)
def test_googles_table_says_the_same(make, published, zoo):
    with torch.device("meta"):  # a net without a single weight is enough
        net = getattr(zoo, make)(init_weights=False)
    end = ("AuxLogits", "avgpool", "dropout", "fc", "classifier")
    maps = nn.Sequential(*[part for name, part in net.named_children() if name not in end])
    field = receptive_field(maps, (3, 224, 224))
    assert (field.size, field.stride, field.offset) == published


MIXED = {
    "the pretrained net": load_pretrained,
    "DSNet": DSNet,
    "DSNet, learned average": lambda: DSNet(width=13, head_kernel=7),
    "ArticleNet, pooled to 1": lambda: ArticleNet(head_size=1),
    "ArticleNet, pooled to 7": lambda: ArticleNet(pool_size=7),
    "TiedNet": lambda: TiedNet((3, 3, 3), ((1, 2), (1, 2)), head_kernel=7),
    "SegNet with ASPP": lambda: SegNet(8, aspp=(2, 4)),
    "ASPP": lambda: nn.Sequential(nn.Conv2d(1, 4, 1), ASPP(4)),
    "squeeze and excite": lambda: Do(lambda y, x: y * y.mean((2, 3), keepdim=True)),
    "one place, then all": lambda: Do(lambda y, x: x + F.avg_pool2d(y, 28)),
    "an average of every place": lambda: Do(lambda y, x: y.mean()[None]),
}


@pytest.mark.parametrize("make", MIXED.values(), ids=MIXED)
def test_behind_a_mixture_of_all_places_every_output_reads_the_whole_image(make):
    assert receptive_field(make()) == ReceptiveField(28, stride=0, offset=0, holes=0, taps=None)
    seen, _ = arrived(positive(make()), (1, 28, 28))
    assert seen.all()


def test_a_mixture_does_not_read_what_no_place_read():
    net = nn.Sequential(nn.Conv2d(1, 2, 1, stride=3), nn.Flatten(), nn.Linear(200, 3))
    field = receptive_field(net)
    assert torch.equal(arrived(positive(net), (1, 28, 28))[0], field.taps)
    net = nn.Sequential(nn.ZeroPad2d(1), nn.AvgPool2d(1, 2), nn.AdaptiveAvgPool2d(1))
    assert receptive_field(net) == ReceptiveField(27, 0, 1, 27 * 27 - 14 * 14, taps=None)
    assert arrived(positive(net), (1, 28, 28))[0][1:, 1:].equal(receptive_field(net).taps)


NORMS = {
    "one group of channels": lambda: nn.GroupNorm(1, 2),
    "each channel of each image": lambda: nn.InstanceNorm2d(2),
    "all images": lambda: nn.BatchNorm2d(2, track_running_stats=False),
    "all numbers of an image": lambda: nn.LayerNorm((2, 28, 28)),
}


@pytest.mark.parametrize("make", NORMS.values(), ids=NORMS)
def test_a_norm_that_measures_the_map_reads_the_whole_image(make):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), make()).double()
    x = torch.randn(2, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    net(x)[0, :, 14, 14].sum().backward()
    assert x.grad[0].all()
    assert receptive_field(net) == ReceptiveField(28, stride=0, offset=0, holes=0, taps=None)


def test_a_norm_of_remembered_numbers_reads_no_further():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.InstanceNorm2d(2, track_running_stats=True))
    assert receptive_field(net) == ReceptiveField(3, 1, 0, 0, taps=None)


THREE = {  # what reads three pixels to a side, and where the first square begins
    "activations": (lambda y, x: F.hardswish(F.gelu(F.relu6(y))) * y.sigmoid(), -1),
    "a softmax over channels": (
        lambda y, x: y.permute(0, 2, 3, 1).softmax(-1).transpose(-1, 1),
        -1,
    ),
    "an answer written over": (lambda y, x: (F.relu(y, inplace=True), y.add_(x), y)[2], -1),
    "half of the channels": (
        lambda y, x: torch.cat([y.chunk(2, 1)[0], y.max(1)[0][:, None]], 1),
        -1,
    ),
    "channels shuffled": (lambda y, x: y.view(-1, 2, 1, 28, 28).transpose(1, 2).flatten(1, 2), -1),
    "a margin cut off": (lambda y, x: y[:, :, 3:-3, 3:-3], 2),
    "a margin added": (lambda y, x: F.pad(y, (2, 2, 2, 2), mode="circular"), -3),
    "a margin around channels that come last": (
        lambda y, x: F.pad(y.permute(0, 2, 3, 1), (1, 0, 2, 2, 2, 2)),
        -3,
    ),
    "the mean of channels that come last": (lambda y, x: y.permute(0, 2, 3, 1).mean(-1), -1),
    "another kind of numbers": (lambda y, x: y.half(), -1),
    "windows of one place": (lambda y, x: F.adaptive_avg_pool2d(y, 28), -1),
    "a constant mask": (lambda y, x: torch.where(torch.ones(28, 28) > 0, y, 0.0), -1),
}


@pytest.mark.parametrize(("function", "offset"), THREE.values(), ids=THREE)
def test_what_treats_every_place_alike_reads_no_further(function, offset):
    assert receptive_field(Do(function)) == ReceptiveField(3, 1, offset, 0, taps=None)


def test_every_second_place_is_a_stride_of_two():
    assert_gradients_agree(Do(lambda y, x: y[:, :, 1::2, 1::2]))
    assert receptive_field(Do(lambda y, x: y[:, :, 1::2, 1::2])) == ReceptiveField(3, 2, 0, 0, None)


@pytest.mark.parametrize("layer", [nn.LayerNorm(28), nn.Linear(28, 28)])
def test_what_mixes_columns_alone_is_no_square(layer):
    with pytest.raises(ValueError, match=r"3 x 28 pixels, strides \(1, 0\), offsets \(-1, 0\)"):
        receptive_field(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), layer))


REFUSED = {
    "upsample_nearest2d.*several places of one": lambda y, x: F.interpolate(y, scale_factor=2),
    r"flip\.default: no rule": lambda y, x: y.flip(2),
    "cat.*along their rows": lambda y, x: torch.cat([y, y], 2),
    "cuts 28 rows": lambda y, x: y.view(-1, 2, 14, 2, 14, 2).mean((3, 5)),
    r"strides \(2, 2\) and \(1, 1\)": lambda y, x: F.avg_pool2d(y, 2) + x[:, :, :14, :14],
    "joins rows with columns": lambda y, x: y + y.transpose(2, 3),
    "28 places do not part into 5 windows": lambda y, x: F.adaptive_avg_pool2d(y, 5),
    "28 x 3 pixels.*must be alike": lambda y, x: y.mean(2),
    "pixels that those do not": lambda y, x: y + x[:, :, ::2, ::2].mean((2, 3), keepdim=True),
    "last two dimensions": lambda y, x: F.avg_pool2d(y.transpose(1, 2), 1),
    "2 outputs": lambda y, x: (y, x),
    "reads no pixel": lambda y, x: torch.zeros(3),
}


@pytest.mark.parametrize(("words", "function"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_followed_is_refused_by_name(words, function):
    with pytest.raises(ValueError, match=words):
        receptive_field(Do(function))


def test_a_refusal_names_the_layer_and_says_what_is_allowed():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2, 2, 2)))
    with pytest.raises(ValueError, match=r"conv_transpose2d.* in '1\.1': .*Allowed are conv"):
        receptive_field(net)
    with pytest.raises(ValueError, match="3 x 5 pixels"):
        receptive_field(nn.Conv2d(1, 1, (3, 5)))
    with pytest.raises(ValueError, match="upsample"):
        receptive_field(TwoScaleNet(8, 8), (1, 64, 64))


@pytest.mark.parametrize("size", [(28, 28), 28, (1, 0, 28), (1, 28, 2.5)])
def test_an_image_has_channels_height_and_width(size):
    with pytest.raises(ValueError, match=r"^(input_size=.*channels|height=0|width=2\.5)"):
        receptive_field(nn.ReLU(), size)


def test_a_module_stays_as_it_is():
    net = nn.Sequential(DSBlock(1, 4), nn.Dropout(), DSBlock(4, 4, dilation=2).eval())
    modes = [part.training for part in net.modules()]
    state, chance = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    assert receptive_field(net) == ReceptiveField(7, 1, -3, 0, taps=None)
    assert [part.training for part in net.modules()] == modes
    assert all(torch.equal(state[name], value) for name, value in net.state_dict().items())
    assert torch.equal(chance, torch.get_rng_state())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_module_may_hold_any_kind_of_numbers(dtype):
    net = nn.Sequential(DSBlock(1, 4), nn.ReLU()).to(dtype)
    assert receptive_field(net) == ReceptiveField(3, 1, -1, 0, taps=None)
