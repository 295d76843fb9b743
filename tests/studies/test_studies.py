"""Committed measurements are whole and say how they were made; a killed study loses one case."""

import json
import sys

import pytest

from dsconv_lib.studies import find_benchmarks, load_results, run_study

BENCHMARKS = find_benchmarks()
FILES = sorted(BENCHMARKS.glob("*.py"))
STUDIES = [file.stem for file in FILES if "(__file__, " in file.read_text(encoding="utf-8")]


def score(net, seed):
    return {"score": 1 + 2 * seed, "sizes": (seed, 1)}


def run_three(folder, cases=(("a", 0), ("a", 1), ("b", 0)), measure=score):
    """Measure a small study of three rows, whose script would lie in this folder."""
    (folder / "results").mkdir(exist_ok=True)
    cases = [{"net": net, "seed": seed} for net, seed in cases]
    run_study(folder / "three.py", "what it is", cases, measure)
    return load_results("three", folder / "results")


@pytest.fixture
def three(tmp_path):
    return run_three(tmp_path)


def test_every_script_has_its_results_and_no_results_are_left_over():
    assert sorted(path.stem for path in (BENCHMARKS / "results").iterdir()) == STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_every_row_of_a_study_has_its_conditions_the_columns_of_its_part_and_its_seed(name):
    study, columns = load_results(name), {}
    assert study.rows and study.what
    for row in study.rows:
        part = row.get("sweep") or (row["test"] if isinstance(row.get("test"), str) else None)
        assert row.keys() == columns.setdefault(part, row.keys())
        assert {"seed", "draw", "round"} & row.keys()
        conditions = row["conditions"]
        assert conditions["command"].split()[:2] == ["python", f"benchmarks/{name}.py"]
        assert {"python", "torch", "torchvision", "numpy"} <= conditions.keys()
        assert conditions["threads"] >= 1 and conditions["processor"]


def test_a_row_keeps_the_conditions_of_its_own_run(tmp_path, monkeypatch):
    for count in (1, 2):
        monkeypatch.setattr("torch.get_num_threads", lambda count=count: count)
        monkeypatch.setattr(sys, "argv", ["three.py", "--seeds", str(count)])
        found = run_three(tmp_path, [("a", seed) for seed in range(count)])
    first, second = (f"python benchmarks/three.py --seeds {n}" for n in (1, 2))
    assert [row["conditions"]["command"] for row in found.rows] == [first, second]
    assert [row["conditions"]["threads"] for row in found.rows] == [1, 2]
    assert (found.command, found.condition("threads")) == (f"{first}, {second}", "1, 2")
    assert (found.where(seed=1).command, found.where(seed=1).condition("threads")) == (second, 2)


def test_what_is_left_is_said_and_not_measured(tmp_path, monkeypatch, capsys):
    run_three(tmp_path, [("a", 0)])
    monkeypatch.setattr(sys, "argv", ["three.py", "--left"])
    found = run_three(tmp_path, [("a", 0), ("a", 1), ("a", 2)])
    assert "2 rows left to measure, 1 in three.json" in capsys.readouterr().out
    assert len(found.rows) == 1


def test_rows_are_chosen_and_summed_up(three):
    assert three.where(net="a").values("score") == [1, 3]
    assert three.where(net="a").mean("score") == 2
    assert three.where(net="a").spread("score") == pytest.approx(2**0.5)
    assert three.where(net="a").around("score") == pytest.approx((2 - 2**0.5, 2, 2 + 2**0.5))
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


def test_a_killed_study_goes_on_where_it_stopped(tmp_path):
    started = []

    def measure(net, seed):
        started.append((net, seed))
        if len(started) == 3:
            raise KeyboardInterrupt
        return score(net, seed)

    with pytest.raises(KeyboardInterrupt):
        run_three(tmp_path, measure=measure)
    assert load_results("three", tmp_path / "results").values("score") == [1, 3]
    assert run_three(tmp_path, measure=measure).values("score") == [1, 3, 1]
    assert started == [("a", 0), ("a", 1), ("b", 0), ("b", 0)]


def test_a_missing_study_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(ValueError, match=r"python benchmarks/ghost\.py"):
        load_results("ghost", tmp_path)


DAMAGED = "", '{"runs": [', '{"what": 1}', "[]", '{"what": "", "runs": [1]}'


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_study_says_so_and_is_not_written_over(tmp_path, text):
    (tmp_path / "results").mkdir()
    file = tmp_path / "results" / "three.json"
    file.write_text(text, encoding="utf-8")
    for read in (lambda: load_results("three", file.parent), lambda: run_three(tmp_path)):
        with pytest.raises(ValueError, match=r"three\.json is damaged.*python benchmarks/three"):
            read()
    assert file.read_text(encoding="utf-8") == text


def test_a_result_file_is_plain_json_with_a_line_per_row(three, tmp_path):
    text = (tmp_path / "results" / "three.json").read_text(encoding="utf-8")
    (run,) = json.loads(text)["runs"]
    assert run["rows"][1] == {"net": "a", "seed": 1, "score": 3, "sizes": [1, 1]}
    assert sum('"score"' in line for line in text.splitlines()) == 3


def test_the_studies_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(BENCHMARKS.parent / "chapters")
    assert find_benchmarks() == BENCHMARKS
    monkeypatch.chdir(tmp_path)  # then beside the package
    assert find_benchmarks() == BENCHMARKS
    monkeypatch.setattr("dsconv_lib.studies.__file__", str(tmp_path / "site" / "studies.py"))
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}.*inside a checkout of the book"):
        load_results("speed")
