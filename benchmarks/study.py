"""How every benchmark runs: one case after the other, each stored as soon as it is measured."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from dsconv_lib.data import Digits
from dsconv_lib.studies import FOLDER

PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn")


def run_study(name: str, what: str, cases: Iterable[dict], measure: Callable[..., dict]) -> None:
    """Measure every case that the result file does not hold yet; a killed run loses one case.

    Args:
        name: of this script, and of the JSON file in ``benchmarks/results``.
        what: one sentence that says what is measured, on which digits.
        cases: the arguments of ``measure``, which become columns too.
    """
    path = FOLDER / f"{name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    for case in map(plain, cases):
        if any(all(row.get(key) == value for key, value in case.items()) for row in rows):
            continue
        rows.append({**case, **measure(**case)})
        store(path, name, what, rows)
        print(*(f"{key}={value}" for key, value in rows[-1].items()), flush=True)
    print(f"{len(rows)} rows in {path.name}; delete the file to measure anew")


def plain(case: dict) -> dict:
    """Give a case the form it has when it comes back from the file."""
    return json.loads(json.dumps(case))


def store(path: Path, name: str, what: str, rows: list[dict]) -> None:
    """Write the file wholly or not at all."""
    study = {
        "what": what,
        "command": " ".join(["python", f"benchmarks/{name}.py", *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "machine": {"processor": processor(), "threads": torch.get_num_threads()},
    }
    head = json.dumps(study, indent=1)[:-2]
    body = ",\n".join("  " + json.dumps(row) for row in rows)
    partial = path.with_suffix(".partial")
    partial.write_text(f'{head},\n "rows": [\n{body}\n ]\n}}\n', encoding="utf-8")
    partial.replace(path)


def whole_training_set(digits: Digits) -> Digits:
    """Join training and validation digits again, once every choice is made."""
    rows = torch.cat([digits.splits["train"], digits.splits["validation"]])
    return Digits(digits.images[rows], digits.labels[rows], f"{digits.name} train + validation")


def params(net: nn.Module) -> int:
    """Count the weights of a network."""
    return sum(weight.numel() for weight in net.parameters())


def processor() -> str:
    """Name the processor, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def arguments(description: str, seeds: int) -> argparse.Namespace:
    """Read the options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=seeds, help="runs per case")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    chosen = parser.parse_args()
    if chosen.seeds < 1 or chosen.threads < 1:
        sys.exit("--seeds and --threads must both be at least 1")
    torch.set_num_threads(chosen.threads)
    return chosen
