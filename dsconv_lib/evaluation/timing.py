"""Time small pieces of work with care, and find what a machine can do at most."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.benchmark import Timer

from dsconv_lib.checks import require_whole
from dsconv_lib.convolution.cost import BYTES


@dataclass(frozen=True)
class Timing:
    """What several runs took: the median and both quartiles [seconds], and how many runs."""

    low: float
    median: float
    high: float
    runs: int

    def over(self, unit: float) -> tuple[float, float, float]:
        """Give low, median and high as multiples of a unit [seconds]."""
        return self.low / unit, self.median / unit, self.high / unit


@dataclass(frozen=True)
class Machine:
    """What a machine does at most: ``macs`` per second, and ``bytes`` moved per second."""

    macs: float
    bytes: float

    @property
    def ridge(self) -> float:
        """Multiply-adds per byte above which arithmetic, not memory, sets the limit."""
        return self.macs / self.bytes

    def roof(self, intensity: float) -> float:
        """Bound the multiply-adds per second of work that does so many per byte.

        Example (a tenth of the ridge gets a tenth of the peak):
            >>> Machine(macs=100e9, bytes=10e9).roof(1.0)
            10000000000.0

        Source: [williams2009roofline]. Taught in: 09_cost_and_speed.
        """
        return min(self.macs, intensity * self.bytes)


def summarise(seconds: list[float]) -> Timing:
    """Reduce what runs took to their median and quartiles.

    Example (one slow run moves the mean, and leaves the median where it is):
        >>> summarise([1.0, 1.1, 1.2, 1.3, 9.0])
        Timing(low=1.1, median=1.2, high=1.3, runs=5)
    """
    if len(seconds) < 2:
        raise ValueError(f"{len(seconds)} run has no spread: two or more are needed")
    quartiles = statistics.quantiles(seconds, n=4, method="inclusive")
    return Timing(*quartiles, runs=len(seconds))


def time_call(work: Callable[[], object], *, at_least: float = 0.05) -> Timing:
    """Time a piece of work, with as many threads as PyTorch uses now.

    The first call is not counted: it prepares memory and kernels. Work on a GPU is waited for.

    Args:
        at_least: how long to repeat [seconds]; at least five runs in any case.

    Taught in: 09_cost_and_speed.
    """
    if at_least <= 0:
        raise ValueError(f"at_least={at_least}, but it must be a time above 0 [seconds]")
    timer = Timer("work()", globals={"work": work}, num_threads=torch.get_num_threads())
    found = timer.blocked_autorange(min_run_time=at_least).times
    while len(found) < 5:
        found += timer.timeit(1).times
    return summarise(found)


def measure_machine(
    side: int = 2048, megabytes: int = 256, *, device: str = "cpu", at_least: float = 0.3
) -> Machine:
    """Measure a machine's peaks: a product of large matrices, and a copy of a large array.

    Args:
        side: rows and columns of the matrices.
        megabytes: size of the array; several times the largest cache [millions of bytes].

    Taught in: 09_cost_and_speed.
    """
    require_whole(1, side=side, megabytes=megabytes)
    a, b = torch.rand(2, side, side, device=device)
    source = torch.rand(megabytes * 1_000_000 // BYTES, device=device)
    target = torch.empty_like(source)
    product = time_call(lambda: torch.mm(a, b), at_least=at_least)
    copy = time_call(lambda: target.copy_(source), at_least=at_least)
    moved = 2 * BYTES * source.numel()  # read once, written once
    return Machine(side**3 / product.median, moved / copy.median)
