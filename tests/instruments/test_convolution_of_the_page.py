"""The page convolves and counts as PyTorch and dsconv_lib do: hundreds of random settings."""

import random
from functools import partial

import pytest
import torch
import torch.nn.functional as F

from dsconv_lib.convolution import output_size, path_counts, receptive_field

CONVOLVE = """(cases) => cases.map(({x, shape, weight, bias, out, kernel, options}) => {
  const input = code.stack(...shape, Float32Array.from(x));
  const y = code.conv2d(input, Float32Array.from(weight), bias, out, kernel, options);
  return {shape: [y.channels, y.height, y.width], values: [...y.data]};
})"""


@pytest.fixture
def ask(node):
    return partial(node, "shared/convolution")


def random_case(draw: random.Random) -> dict:
    kernel, dilation = draw.randint(1, 5), draw.randint(1, 4)
    spanned = dilation * (kernel - 1) + 1
    padding = draw.randint(0, 4)
    least = max(1, spanned - 2 * padding)
    groups, fan_in, fan_out = draw.randint(1, 3), draw.randint(1, 2), draw.randint(1, 2)
    shape = groups * fan_in, least + draw.randint(0, 8), least + draw.randint(0, 8)
    x, out = torch.randn(1, *shape), groups * fan_out
    weight = torch.randn(out, fan_in, kernel, kernel)
    bias = torch.randn(out) if draw.random() < 0.5 else None
    options = dict(stride=draw.randint(1, 3), padding=padding, dilation=dilation, groups=groups)
    return dict(x=x, shape=shape, weight=weight, bias=bias, out=out, kernel=kernel, options=options)


def plain(case: dict) -> dict:
    flat = {key: case[key].flatten().tolist() for key in ("x", "weight")}
    return {**case, **flat, "bias": None if case["bias"] is None else case["bias"].tolist()}


def test_four_hundred_random_convolutions_agree_with_pytorch(ask):
    torch.manual_seed(0)
    draw = random.Random(0)
    cases = [random_case(draw) for _ in range(400)]
    for case, done in zip(cases, ask(CONVOLVE, list(map(plain, cases))), strict=True):
        expected = F.conv2d(case["x"], case["weight"], case["bias"], **case["options"])[0]
        assert done["shape"] == list(expected.shape), case["options"]
        values = torch.tensor(done["values"], dtype=torch.float32).reshape(expected.shape)
        torch.testing.assert_close(values, expected, atol=1e-4, rtol=1e-4)


def test_sizes_reaches_and_paths_are_those_of_the_library(ask):
    draw = random.Random(2)
    stacks = [
        [(draw.randint(1, 5), draw.randint(1, 3), draw.randint(1, 9)) for _ in range(count)]
        for count in [draw.randint(1, 5) for _ in range(300)]
    ]
    asked = [[dict(kernelSize=k, stride=s, dilation=d) for k, s, d in stack] for stack in stacks]
    told = ask("all => all.map(l => [code.receptiveField(l), code.pathCounts(l)])", asked)
    for stack, (reach, counts) in zip(stacks, told, strict=True):
        kernels, _, rates = zip(*stack, strict=True)
        assert reach == receptive_field(stack)
        assert counts == path_counts(kernels, rates)  # at stride 1


def test_an_output_size_is_that_of_the_library_or_an_error_in_both(ask):
    draw = random.Random(3)
    asked = [[draw.randint(0, 20), *(draw.randint(0, 6) for _ in range(4))] for _ in range(300)]
    tried = "a => { try { return code.outputSize(...a); } catch (e) { return 'error'; } }"
    for sizes, told in zip(asked, ask(f"all => all.map({tried})", asked), strict=True):
        try:
            expected = output_size(*sizes)
        except ValueError:
            expected = "error"
        assert told == expected, sizes
