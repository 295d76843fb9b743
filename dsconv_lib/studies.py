"""Measurements that take too long for a chapter: run once, stored as JSON, read and summed up here.

A script in ``benchmarks/`` holds the cases of a study and what is measured of each. Its file in
``benchmarks/results`` holds a row per case, and each row the conditions that it was measured under.
"""

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn")  # whose numbers a result may depend on


@dataclass(frozen=True)
class Results:
    """What one study measured: a row per case."""

    what: str
    rows: tuple[dict, ...]

    @property
    def command(self) -> str:
        """The command that measures these rows again."""
        return self.condition("command")

    def condition(self, name: str) -> str | int:
        """Tell under which command, processor, threads or version of a package the rows came about.

        Where the rows differ, every value is named.
        """
        found = list(dict.fromkeys(row["conditions"][name] for row in self.rows))
        return found[0] if len(found) == 1 else ", ".join(map(str, found))

    def where(self, **wanted: object) -> "Results":
        """Keep the rows that hold these values."""
        rows = tuple(row for row in self.rows if _holds(row, wanted))
        if not rows:
            there = {name: sorted({str(row.get(name)) for row in self.rows}) for name in wanted}
            raise ValueError(f"no row holds {wanted}; there are {there}")
        return replace(self, rows=rows)

    def values(self, column: str) -> list:
        """List one column, a value per row."""
        if not all(column in row for row in self.rows):
            raise ValueError(f"no column {column!r}; there are {sorted(self.rows[0])}")
        return [row[column] for row in self.rows]

    def mean(self, column: str) -> float:
        """Average a column over its rows."""
        return statistics.fmean(self.values(column))

    def spread(self, column: str) -> float:
        """Measure how far the rows of a column lie apart: their sample standard deviation."""
        values = self.values(column)
        if len(values) < 2:
            raise ValueError(f"{len(values)} row has no spread: two or more are needed")
        return statistics.stdev(values)

    def around(self, column: str) -> tuple[float, float, float]:
        """Give the mean of a column, with one spread to each side: low, middle and high."""
        mean, spread = self.mean(column), self.spread(column)
        return mean - spread, mean, mean + spread


def find_benchmarks() -> Path:
    """Find the folder of the scripts, with their ``results`` and the ``weights`` of their nets.

    It is looked for from the current folder upward, then beside this package.

    Raises:
        FileNotFoundError: this is no checkout of the book.
    """
    here = Path.cwd()
    for place in (here, *here.parents, Path(__file__).parents[1]):
        if (place / "benchmarks" / "results").is_dir():
            return place / "benchmarks"
    raise FileNotFoundError(
        f"no folder benchmarks/results in {here} or above it: the installed package holds no "
        "studies; work inside a checkout of the book"
    )


def load_results(name: str, folder: str | Path | None = None) -> Results:
    """Read the committed measurements of one study.

    Args:
        name: of the file in ``benchmarks/results``, without ``.json``.

    Raises:
        FileNotFoundError: this is no checkout of the book.
        ValueError: no such study, or a damaged file; names the command that makes it.
    """
    path = Path(folder or find_benchmarks() / "results") / f"{name}.json"
    remedy = f"run `python benchmarks/{name}.py` to make it"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        runs = stored["runs"]
        rows = (row | {"conditions": run["conditions"]} for run in runs for row in run["rows"])
        return Results(stored["what"], tuple(rows))
    except FileNotFoundError:
        there = sorted(file.stem for file in path.parent.glob("*.json"))
        raise ValueError(f"no results {name!r}; there are {there}. Or {remedy}") from None
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is damaged ({error}): delete it and {remedy}") from error


def run_study(script: str, what: str, cases: Iterable[dict], measure: Callable[..., dict]) -> None:
    """Measure every case that the result file does not hold yet; a killed run loses one case.

    Args:
        script: ``__file__``; the results lie in the folder ``results`` beside it.
        what: one sentence that says what is measured, on which digits.
        cases: the arguments of ``measure``, which become columns too.
    """
    path, left = results_of(script), remaining(script, cases)
    rows = list(load_results(path.stem, path.parent).rows) if path.exists() else []
    if "--left" in sys.argv:
        print(f"  {len(left)} rows left to measure, {len(rows)} in {path.name}")
        return
    for case in left:
        row = _plain({**case, **measure(**case)})
        rows.append({**row, "conditions": _conditions(path.stem)})
        _store(path, what, rows)
        print(*(f"{key}={value}" for key, value in row.items()), flush=True)
    print(f"{len(rows)} rows in {path.name}; delete the file to measure anew")


def remaining(script: str, cases: Iterable[dict]) -> list[dict]:
    """List the cases that a script's result file does not hold yet."""
    path = results_of(script)
    rows = load_results(path.stem, path.parent).rows if path.exists() else ()
    return [case for case in map(_plain, cases) if not any(_holds(row, case) for row in rows)]


def results_of(script: str) -> Path:
    """Tell where the results of a script lie: in the folder ``results`` beside it."""
    return Path(script).resolve().parent / "results" / f"{Path(script).stem}.json"


def arguments(description: str, seeds: int) -> argparse.Namespace:
    """Read the options that every script has, and set the number of threads."""
    import torch  # to read results and versions needs none of its seconds

    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=seeds, help=f"runs per case, else {seeds}")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use, else 2")
    parser.add_argument("--left", action="store_true", help="only say how many rows are missing")
    chosen = parser.parse_args()
    if chosen.seeds < 1 or chosen.threads < 1:
        parser.error(f"{chosen.seeds} seeds, {chosen.threads} threads; both must be at least 1")
    torch.set_num_threads(chosen.threads)
    return chosen


def versions(*more: str) -> dict[str, str]:
    """Tell the versions of Python and of the packages that decide numbers, and of some more."""
    return {"python": platform.python_version(), **{p: version(p) for p in (*PACKAGES, *more)}}


def _conditions(name: str) -> dict[str, str | int]:
    """Describe this run: its command, where it computes, with what."""
    import torch

    command = " ".join(["python", f"benchmarks/{name}.py", *sys.argv[1:]])
    threads = torch.get_num_threads()
    gpu = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    place = {"command": command, "processor": _processor(), **gpu, "threads": threads}
    return {**place, **versions()}


def _processor() -> str:
    """Name the processor, as far as the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _store(path: Path, what: str, rows: list[dict]) -> None:
    """Write a file wholly or not at all; rows that follow each other share their conditions."""
    runs = []
    for conditions, part in groupby(rows, key=lambda row: row["conditions"]):
        bare = ({name: row[name] for name in row if name != "conditions"} for row in part)
        lines = ",\n".join(f"  {json.dumps(row)}" for row in bare)
        runs.append(f' {{"conditions": {json.dumps(conditions)}, "rows": [\n{lines}\n ]}}')
    text = ",\n".join(runs)
    partial = path.with_suffix(".partial")
    partial.write_text(f'{{"what": {json.dumps(what)}, "runs": [\n{text}\n]}}\n', encoding="utf-8")
    partial.replace(path)


def _holds(row: dict, wanted: dict) -> bool:
    return all(row.get(name) == value for name, value in wanted.items())


def _plain(row: dict) -> dict:
    """Give values the form in which they come back from a file."""
    return json.loads(json.dumps(row))
