"""Measurements that took too long for a chapter: committed as JSON, read and summed up here.

The scripts in ``benchmarks/`` make them; each file holds the command that made it.
"""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "benchmarks" / "results"
WEIGHTS = FOLDER.parent / "weights"  # of the nets that studies trained


@dataclass(frozen=True)
class Results:
    """What one study measured: a row per run, and how to run it again."""

    what: str
    command: str
    versions: dict[str, str]
    machine: dict[str, str | int]
    rows: tuple[dict, ...]

    def where(self, **wanted: object) -> "Results":
        """Keep the rows that hold these values.

        Raises:
            ValueError: no row does; names what there is.
        """
        rows = [row for row in self.rows if all(row.get(k) == v for k, v in wanted.items())]
        if not rows:
            there = {name: sorted({str(row.get(name)) for row in self.rows}) for name in wanted}
            raise ValueError(f"no row holds {wanted}; there are {there}")
        return Results(self.what, self.command, self.versions, self.machine, tuple(rows))

    def values(self, column: str) -> list:
        """List one column, a value per row.

        Raises:
            ValueError: a column that not every row has; names those that are there.
        """
        if not all(column in row for row in self.rows):
            raise ValueError(f"no column {column!r}; there are {sorted(self.rows[0])}")
        return [row[column] for row in self.rows]

    def mean(self, column: str) -> float:
        """Average a column over its rows."""
        return statistics.fmean(self.values(column))

    def spread(self, column: str) -> float:
        """Measure how far the rows of a column lie apart: their sample standard deviation.

        Raises:
            ValueError: fewer than two rows, of which no spread is known.
        """
        values = self.values(column)
        if len(values) < 2:
            raise ValueError(f"{len(values)} row has no spread: two or more are needed")
        return statistics.stdev(values)


def load_results(name: str, folder: str | Path = FOLDER) -> Results:
    """Read the committed measurements of one study.

    Args:
        name: of the file in ``benchmarks/results``, without ``.json``.

    Raises:
        ValueError: no such study, or a damaged file; names the command that makes it.
    """
    path = Path(folder) / f"{name}.json"
    remedy = f"run `python benchmarks/{name}.py` to make it"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Results(**{**stored, "rows": tuple(stored["rows"])})
    except FileNotFoundError:
        there = sorted(file.stem for file in Path(folder).glob("*.json"))
        raise ValueError(f"no results {name!r}; there are {there}. Or {remedy}") from None
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is damaged ({error}): delete it and {remedy}") from error
