"""Committed measurements are whole, say how they were made, and a killed study loses one case."""

import json
import sys
from pathlib import Path

import pytest

from dsconv_lib.studies import FOLDER, load_results

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STUDIES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture
def study(monkeypatch, tmp_path):
    """The module behind all benchmarks, with a result folder of its own."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import study

    monkeypatch.setattr(study, "FOLDER", tmp_path)
    yield study
    del sys.modules["study"]


@pytest.fixture
def three(study, tmp_path):
    """A small study of three rows."""
    cases = [{"net": net, "seed": seed} for net, seed in [("a", 0), ("a", 1), ("b", 0)]]
    study.run_study("three", "what it is", cases, lambda net, seed: {"score": 1 + 2 * seed})
    return load_results("three", tmp_path)


def test_there_are_studies():
    assert len(STUDIES) >= 8


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_names_its_command_versions_and_machine(name):
    study = load_results(name)
    script = study.command.split()[1]
    assert (BENCHMARKS.parent / script).is_file() and script == f"benchmarks/{name}.py"
    assert {"python", "torch"} <= study.versions.keys()
    assert study.machine["threads"] >= 1 and study.machine["processor"]
    assert study.rows and "PLACEHOLDER" not in study.what


@pytest.mark.parametrize("name", STUDIES)
def test_every_row_of_a_study_has_the_columns_of_its_part_and_its_seed(name):
    columns = {}
    for row in load_results(name).rows:
        part = row.get("sweep") or (row["test"] if isinstance(row.get("test"), str) else None)
        assert row.keys() == columns.setdefault(part, row.keys())
        assert {"seed", "draw", "round"} & row.keys()


def test_rows_are_chosen_and_summed_up(three):
    assert three.where(net="a").values("score") == [1, 3]
    assert three.where(net="a").mean("score") == 2
    assert three.where(net="a").spread("score") == pytest.approx(2**0.5)
    assert three.values("seed") == [0, 1, 0]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda study: study.where(net="c"), r"no row holds .*'c'.*\['a', 'b'\]"),
        (lambda study: study.values("time"), r"no column 'time'.*'score'"),
        (lambda study: study.where(net="b").spread("score"), "1 row has no spread"),
    ],
)
def test_a_question_without_an_answer_says_what_there_is(three, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(three)


def test_a_killed_study_goes_on_where_it_stopped(study, tmp_path):
    done = []

    def measure(seed):
        if seed == 2 and len(done) == 2:
            raise KeyboardInterrupt
        done.append(seed)
        return {"score": seed}

    cases = [{"seed": seed} for seed in range(4)]
    with pytest.raises(KeyboardInterrupt):
        study.run_study("killed", "what", cases, measure)
    assert load_results("killed", tmp_path).values("score") == [0, 1]
    done.append("again")
    study.run_study("killed", "what", cases, measure)
    assert load_results("killed", tmp_path).values("score") == [0, 1, 2, 3]
    assert done == [0, 1, "again", 2, 3]


def test_a_missing_study_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(ValueError, match=r"python benchmarks/ghost\.py"):
        load_results("ghost", tmp_path)


@pytest.mark.parametrize("text", ["", '{"rows": [', '{"what": 1}', "[]"])
def test_a_damaged_study_says_so(tmp_path, text):
    (tmp_path / "torn.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"torn\.json is damaged"):
        load_results("torn", tmp_path)


def test_a_result_file_is_plain_json_with_a_row_per_line(three, tmp_path):
    text = (tmp_path / "three.json").read_text(encoding="utf-8")
    assert len(json.loads(text)["rows"]) == 3
    assert sum('"score"' in line for line in text.splitlines()) == 3
