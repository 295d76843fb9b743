"""Multiply-adds against milliseconds: layers, layouts, sweeps, rewrites, and how training grows.

    python benchmarks/speed.py [--seeds 5] [--threads 2]

Every case is measured once per round, and the rounds go through all cases in turn, so that a slow
minute of the machine falls on all of them alike. Within a round, the median of repeated calls.
Before and after each case the machine's own peak is measured. Where it is below 85 % of what the
machine does when nothing disturbs it, the measurement is dropped and repeated.
"""

import shutil
import subprocess
import time
from dataclasses import replace
from functools import cache
from itertools import product

import torch
import torch.nn.functional as F
from torch import nn

from dsconv_lib.convolution import DSConv2d, fold_blocks, polyphase_conv2d
from dsconv_lib.data import load_mnist
from dsconv_lib.evaluation import measure_machine, time_call
from dsconv_lib.networks import DSNet, load_pretrained
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

KINDS = ("dense", "depthwise", "pointwise", "separable")
LAYOUTS = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
LAST = "channels last"
BASE = {"width": 64, "size": 28, "batch": 16, "dilation": 1, "layout": LAST}
SWEEPS = {
    "width": (4, 8, 16, 32, 64, 128),
    "size": (7, 14, 28, 56),
    "batch": (1, 4, 16, 64),
}
NETS = ("as it is", "folded")
GROWTH = {
    "digits": (1000, 2000, 4000, 8000, 16000),
    "width": (4, 8, 16, 32, 64),
    "size": (14, 28, 56),
}
AT_LEAST = 0.03  # [seconds] that each case is repeated in a round
QUIET = 0.85  # of the machine's undisturbed peak; below it, something else is running
TRIES = 600  # of one case, until the machine is quiet


def cases(rounds: int) -> list[dict]:
    """List what is measured, round by round."""
    once = [{"sweep": "machine"}, {"sweep": "compiler"}]
    once += [
        {"sweep": "layers", "layer": layer, **BASE, "layout": layout, "dilation": dilation}
        for layer, dilation, layout in product(KINDS, (1, 2), LAYOUTS)
        if (layer, dilation) != ("pointwise", 2)
    ]
    for sweep, values in SWEEPS.items():
        for value, layer, layout in product(values, KINDS, LAYOUTS):
            if sweep == "width" or layout == LAST:
                once += [{"sweep": sweep, "layer": layer, **BASE, "layout": layout, sweep: value}]
    once += [
        {"sweep": "polyphase", "layer": layer, **BASE, "layout": "channels first", "dilation": rate}
        for layer, rate in product(("dilated", "polyphase", "already split"), (2, 4))
    ]
    once += [
        {"sweep": "net", "layer": way, "batch": 128, "layout": layout}
        for way, layout in product(NETS, LAYOUTS)
    ]
    once += [{"sweep": "net", "layer": "compiled", "batch": 128, "layout": LAST}]
    once += [{"sweep": "growth", "of": of, "value": v} for of in GROWTH for v in GROWTH[of]]
    return [{**case, "round": r} for r in range(rounds) for case in once]


class Canary:
    """The machine's own peak, which sinks as soon as something else is running.

    What it does undisturbed is the ninth decile of many measurements: their maximum is a moment of
    luck, which may not come again.
    """

    def __init__(self):
        found = sorted(self.sing() for _ in range(100))  # [multiply-adds per second]
        self.undisturbed = found[90]

    def sing(self) -> float:
        """Measure the peak for a moment."""
        return measure_machine(side=1024, megabytes=1, at_least=0.03).macs

    def watch(self, **case: object) -> dict:
        """Measure a case while the machine is quiet; say which peak was left to it."""
        for _ in range(TRIES):
            before, found, after = self.sing(), measure(**case), self.sing()
            share = min(before, after) / self.undisturbed
            if share >= QUIET:
                return {**found, "peak": round(share, 3)}
            time.sleep(0.2)
        raise RuntimeError(
            f"{TRIES} tries at {case}, and the peak was always below {QUIET:.0%} of the usual: "
            "stop what else is running and start again; what was measured is kept"
        )


@cache
def canary() -> Canary:
    """Find the best peak once, and only if something is to be measured."""
    return Canary()


def watched(**case: object) -> dict:
    """Measure one case while the machine is quiet."""
    return canary().watch(**case)


class Polyphase(nn.Module):
    """A dilated convolution that runs as ordinary ones on interleaved maps."""

    def __init__(self, conv: nn.Conv2d):
        super().__init__()
        self.conv = conv

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolve; both sides of the maps must be multiples of the rate."""
        return polyphase_conv2d(x, self.conv.weight, self.conv.dilation[0], self.conv.groups)


def build(layer: str, width: int, dilation: int) -> nn.Module:
    """Build one layer of equal width in and out, whose padding keeps the map's size."""
    options = {"padding": dilation, "dilation": dilation, "bias": False}
    if layer == "separable":
        return DSConv2d(width, width, 3, **options)
    if layer == "pointwise":
        return nn.Conv2d(width, width, 1, bias=False)
    groups = 1 if layer == "dense" else width
    return nn.Conv2d(width, width, 3, groups=groups, **options)


def measure(sweep: str, **case) -> dict:
    """Measure one case once, as its sweep asks."""
    case.pop("round")
    torch.manual_seed(0)
    if sweep == "machine":
        machine = measure_machine(at_least=0.5)
        return {"macs": round(machine.macs), "bytes": round(machine.bytes)}
    if sweep == "compiler":
        return {"compiler": compiler() or "absent"}
    ways = {"growth": grow, "net": time_net, "polyphase": time_polyphase}
    return ways.get(sweep, time_one)(**case)


def time_one(layer: str, width: int, size: int, batch: int, dilation: int, layout: str) -> dict:
    """Time a layer, forward and forward plus backward [seconds]."""
    placed = build(layer, width, dilation).to(memory_format=LAYOUTS[layout])
    return timed(placed, torch.randn(batch, width, size, size), layout)


def time_polyphase(layer: str, batch: int, size: int, dilation: int, **case) -> dict:
    """Time a dilated depthwise layer in one of its three forms."""
    width, layout = case["width"], case["layout"]
    conv = build("depthwise", width, dilation)
    if layer == "already split":  # the maps stay interleaved, as in a stack of one rate
        conv, batch, size = build("depthwise", width, 1), batch * dilation**2, size // dilation
    elif layer == "polyphase":
        conv = Polyphase(conv)
    return timed(conv, torch.randn(batch, width, size, size), layout)


def time_net(layer: str, batch: int, layout: str) -> dict:
    """Time DSNet in evaluation, and one step of training where the way allows training."""
    net = rewritten(layer, layout)
    if net is None:
        return {"forward": None, "both": None}
    x = torch.randn(batch, 1, 28, 28)
    if "folded" in layer:
        return {**timed(net, x, layout, both=False), "both": None}
    forward = timed(net.eval(), x, layout, both=False)["forward"]
    labels = torch.randint(10, (batch,))
    net.train()

    def step() -> None:
        loss = F.cross_entropy(net(x.to(memory_format=LAYOUTS[layout])), labels)
        torch.autograd.grad(loss, list(net.parameters()))

    return {"forward": forward, "both": seconds(time_call(step, at_least=AT_LEAST))}


@cache
def rewritten(way: str, layout: str) -> nn.Module | None:
    """Rewrite the book's network; nothing where there is no compiler."""
    net = load_pretrained().to(memory_format=LAYOUTS[layout]).eval()
    if "folded" in way:
        net = fold_blocks(net)
    if "compiled" in way:
        return torch.compile(net, dynamic=False) if compiler() else None
    return net


def timed(layer: nn.Module, x: torch.Tensor, layout: str, both: bool = True) -> dict:
    """Time a layer in the layout asked for: forward, and on to the slopes of weights and maps."""
    x = x.to(memory_format=LAYOUTS[layout])
    with torch.no_grad():
        forward = seconds(time_call(lambda: layer(x), at_least=AT_LEAST))
        slope = torch.ones_like(layer(x))  # in the layout of the output, as a next layer's would be
    if not both:
        return {"forward": forward}
    leaves = [x.requires_grad_(), *layer.parameters()]
    backward_too = time_call(
        lambda: torch.autograd.grad(layer(x), leaves, slope), at_least=AT_LEAST
    )
    return {"forward": forward, "both": seconds(backward_too)}


def grow(of: str, value: int) -> dict:
    """Time training: an epoch on so many digits, or at another width or size of the picture."""
    shape = {"digits": 4000, "width": 16, "size": 28, of: value}
    part = load_mnist().split("train")
    images = part.images[: shape["digits"]]
    images = F.interpolate(images.float(), (shape["size"],) * 2, mode="nearest").to(torch.uint8)
    some = replace(part.take(slice(len(images))), images=images)
    net = DSNet(shape["width"]).to(memory_format=torch.channels_last)
    fit(net, some.take(slice(128)), recipe=Recipe(epochs=1))  # to warm up
    start = time.perf_counter()
    fit(net, some, recipe=Recipe(epochs=1))
    return {"epoch": round(time.perf_counter() - start, 4)}


@cache
def compiler() -> str | None:
    """Name the C++ compiler, if there is one that torch.compile can use."""
    found = shutil.which("g++") or shutil.which("clang++")
    if not found:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    return said.splitlines()[0]


def seconds(timing) -> float:
    """Keep the median, to a tenth of a microsecond."""
    return round(timing.median, 7)


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=5)
    what = "seconds per call: layers, nets and epochs of training, median of each round"
    run_study(__file__, what, cases(chosen.seeds), watched)
