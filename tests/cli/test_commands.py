"""Each command does what its help says, and every foreseeable mistake ends in one clear line."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image

from dsconv_lib.cli import main, run
from dsconv_lib.cli.commands import METHODS, commands
from dsconv_lib.cli.report import bars, picture
from dsconv_lib.data import load_mnist, load_optdigits
from dsconv_lib.evaluation import accuracy_interval, evaluate
from dsconv_lib.networks import DSNet, count_weights, load_net, load_pretrained, save_net
from dsconv_lib.networks.storage import PRETRAINED
from dsconv_lib.training import DEFAULT, WAYS, draw_per_class

BOOK = Path(__file__).parents[2]
NO_MNIST = not (Path(os.environ["DSCONV_DATA"]) / "MNIST").exists()
TWO_SCALES = "benchmarks/weights/dense/two_scales.pt"
QUICK = ["--data", "optdigits", "--width", "4", "--dilations", "1,2", "--epochs", "2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a net trained quickly, with its card."""
    folder = tmp_path_factory.mktemp("trained")
    assert main(["train", *QUICK, "--save", str(folder / "net.pt"), "--card"]) == 0
    return folder


def drawn(folder, row=0):
    """A digit of optdigits, large and dark on light, as an image file."""
    digit = Image.fromarray(255 - load_optdigits().images[row, 0].numpy())
    digit.resize((280, 280)).save(folder / "digit.png")
    return str(folder / "digit.png")


def refused(capsys, argv, code):
    """Run a command that must fail; return the one line it prints."""
    assert main(argv) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    return error


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "finetune"])
def test_help_shows_examples_units_and_defaults(command, capsys):
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"python -m dsconv_lib {command} " in text.split("Examples:")[1]
    assert "[default: " in text or command == "predict"
    assert "None" not in text


def test_help_does_not_wait_for_pytorch():
    words = [[], *([command] for command in commands.commands)]
    calls = "; ".join(f"main({[*argv, '--help']})" for argv in words)
    code = f"import sys; from dsconv_lib.cli import main; {calls}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def meaning(*argv):
    """The recipe and the shape of the net that ``train`` is asked for."""
    asked = commands.commands["train"].make_context("train", list(argv)).params
    recipe = {name: asked[name] for name in ("epochs", "lr", "batch_size", "seed")}
    head_kernel = 7 if asked["average"] == "learned" else None
    shape = {"width": asked["width"], "dilations": list(asked["dilations"])}
    return recipe, {**shape, "num_classes": 10, "head_kernel": head_kernel}


def test_the_defaults_of_train_are_the_books_recipe():
    recipe, shape = meaning()
    assert recipe.items() <= vars(DEFAULT).items()
    assert shape == load_pretrained().shape | {"dilations": list(load_pretrained().dilations)}


def test_the_methods_are_the_ways_of_chapter_07():
    assert ["from scratch", *(method.replace("-", " ") for method in METHODS)] == list(WAYS)


def test_train_reports_every_epoch_and_stores_what_it_reports(trained, capsys):
    file = trained / "again.pt"
    assert main(["train", *QUICK, "--save", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    epochs = lines[lines.index("epoch    loss  learning rate  validation") + 1 :][:2]
    assert [line.split()[0] for line in epochs] == ["1", "2"]
    accuracy = evaluate(load_net(file), load_optdigits().split("validation"))
    assert epochs[1].split()[-1] == f"{accuracy:.2%}"
    assert any(line.startswith(f"optdigits validation: {accuracy:.2%} right") for line in lines)
    assert not any("optdigits test" in line for line in lines)  # it was not asked for
    assert file.read_bytes() == (trained / "net.pt").read_bytes()


@pytest.fixture
def ctrl_c(monkeypatch):
    """Stop the first training after one epoch, as a person might."""
    whole = run.fit

    def stopped(*args, **options):
        monkeypatch.setattr(run, "fit", whole)
        whole(*args, **options, stop_after=1)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "fit", stopped)


def test_a_stopped_run_says_how_to_go_on_and_goes_on(ctrl_c, trained, tmp_path, capsys):
    kept, file = str(tmp_path / "run.pt"), tmp_path / "net.pt"
    argv = ["train", *QUICK, "--checkpoint", kept, "--save", str(file)]
    assert f"the epochs done are in {kept}; the same command" in refused(capsys, argv, 130)
    assert not file.exists()
    assert main(argv) == 0
    assert f"Going on from {kept}." in capsys.readouterr().out
    assert file.read_bytes() == (trained / "net.pt").read_bytes()


def test_a_stopped_run_without_checkpoint_says_that_nothing_is_kept(ctrl_c, capsys):
    assert "nothing is kept: --checkpoint FILE" in refused(capsys, ["train", *QUICK], 130)


def test_a_command_stopped_before_it_runs_ends_without_traceback(monkeypatch, capsys):
    monkeypatch.setattr(run, "run", Mock(side_effect=KeyboardInterrupt))
    assert main(["evaluate"]) == 130
    assert capsys.readouterr().err.strip() == "python -m dsconv_lib: stopped"


def test_evaluate_prints_what_the_metrics_say(capsys):
    assert main(["evaluate", "--data", "optdigits", "--split", "all"]) == 0
    text = capsys.readouterr().out
    digits = load_optdigits()
    right = right_on(PRETRAINED, digits)
    assert f"optdigits: {right / 1797:.2%} right ({right:,} of 1,797; 95 % interval" in text
    rows = text.split("is \\ read as")[1].splitlines()[1:11]
    counts = [[int(n.replace(".", "0")) for n in row.split()[1:]] for row in rows]
    assert [sum(row) for row in counts] == digits.labels.bincount().tolist()
    assert sum(counts[digit][digit] for digit in range(10)) == right
    scores = [line.split() for line in text.split("support")[1].splitlines()[2:12]]
    for digit, (name, precision, recall, _, support) in enumerate(scores):
        found, read = counts[digit][digit], sum(row[digit] for row in counts)
        assert (name, support) == (str(digit), str(sum(counts[digit])))
        assert (precision, recall) == (f"{found / read:.4f}", f"{found / sum(counts[digit]):.4f}")
    assert "calibration error, 15 bins" in text


def test_predict_prints_digit_and_ten_probabilities(tmp_path, capsys):
    file = drawn(tmp_path)
    assert main(["predict", file]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    shares = [float(line.split()[1].rstrip("%")) for line in others]
    assert len(shares) == 10
    assert abs(sum(shares) - 100) < 1
    assert first == f"{file}: 0 ({shares[0]:.1f}%)"


def test_bars_are_as_long_as_probabilities():
    lines = bars(torch.tensor([0.5, 0.25, 0.25, 0, 0, 0, 0, 0, 0, 0])).splitlines()
    assert [line.count("█") for line in lines[:4]] == [20, 10, 10, 0]


def test_show_draws_what_the_network_saw(tmp_path, capsys):
    assert main(["predict", drawn(tmp_path, row=1), "--show", "--brief"]) == 0
    text = capsys.readouterr().out.split("\n", 1)[1].rstrip("\n")
    image = run.read_digit(tmp_path / "digit.png")[0]
    assert text == picture(image)
    lines = text.splitlines()
    assert len(lines) == 30
    full = [[line[1 + 2 * k] == "█" for k in range(28)] for line in lines[1:-1]]
    assert np.array_equal(full, image[0].numpy() >= 205)


def test_predict_reads_the_others_when_one_file_is_none(tmp_path, capsys):
    good, missing = drawn(tmp_path), str(tmp_path / "missing.png")
    assert main(["predict", missing, good, "--brief"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith(good)
    assert captured.err == f"dsconv_lib predict: {missing}: there is no such file\n"


@pytest.fixture(scope="module")
def rest():
    """What a draw of two labels per class leaves to measure on; how well it is read at first."""
    _, rest = draw_per_class(load_optdigits(), 2, seed=0)
    return rest, evaluate(load_net(PRETRAINED), rest)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_from_few_labels_and_is_measured_on_the_rest(
    method, rest, tmp_path, capsys
):
    file = tmp_path / "adapted.pt"
    asked = ["--method", method, "--per-class", "2", "--steps", "10", "--save", str(file)]
    assert main(["finetune", *asked]) == 0
    before, after, text = load_net(PRETRAINED), load_net(file), capsys.readouterr().out
    first, last = rest[1], evaluate(after, rest[0])
    assert first < last
    assert "20 labelled digits to learn from, 1,777 others to measure on." in text
    assert f"before: {first:.2%} right" in text
    assert f"after: {last:.2%} right" in text
    assert not torch.equal(after.head.weight, before.head.weight)
    same_stem = torch.equal(after.stem[0].weight, before.stem[0].weight)
    assert same_stem == (method == "head-only")
    same_mean = torch.equal(after.stem[2].running_mean, before.stem[2].running_mean)
    assert same_mean == (method in {"head-only", "frozen-statistics"})


WRONG = [
    ([], "Missing command"),
    (["paint"], "No such command 'paint'"),
    (["predict"], "Missing argument 'FILE...'"),
    (["train", "--epochs", "0"], "'--epochs': 0 is not in the range x>=1"),
    (["train", "--lr", "-1"], "'--lr': -1.0 is not in the range 0<x<=10"),
    (["train", "--dilations", "2"], "'2', but two or more rates are needed, as 1,2,1,2"),
    (["train", "--dilations", "1,0"], "'--dilations': 0 is not in the range x>=1"),
    (["train", "--seed", "-3"], "'--seed': -3 is not in the range 0<=x"),
    (["train", "--save", "/nowhere/a.pt"], "the folder /nowhere is read-only or not there: make"),
    (["train", "--save", "."], "File '.' is a directory"),
    (["train", "--card"], "--card writes FILE.json beside the weights: give --save FILE.pt"),
    (["train", "--card", "--save", "net.json"], "--card writes FILE.json beside the weights"),
    (["evaluate", "--net", "missing.pt"], "File 'missing.pt' does not exist"),
    (["finetune", "--method", "magic"], "'magic' is not one of 'head-only', 'full'"),
]
IMPOSSIBLE = [
    (["train", *QUICK, "--batch-size", "5000"], "1097 of optdigits train do not fill a batch of"),
    (["train", *QUICK, "--lr", "nan"], "Invalid learning rate: nan"),
    (["train", *QUICK, "--checkpoint", "README.md"], "README.md is not a whole checkpoint"),
    (["finetune", "--per-class", "500"], "500 digits of class 0 asked for, of 178"),
    (["evaluate", "--net", "README.md"], "README.md is not a whole checkpoint"),
    (["evaluate", "--net", TWO_SCALES], "a TwoScaleNet of 11 classes, not a DSNet that reads"),
]


@pytest.mark.parametrize(
    ("argv", "message", "code"),
    [(*case, 2) for case in WRONG] + [(*case, 1) for case in IMPOSSIBLE],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_named_in_one_line(argv, message, code, capsys, monkeypatch):
    monkeypatch.chdir(BOOK)
    assert message in refused(capsys, argv, code)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_missing_device_is_named(capsys):
    assert "finds no CUDA device" in refused(capsys, ["evaluate", "--device", "cuda"], 1)


def test_a_checkpoint_of_another_run_is_named_and_the_test_split_is_read_when_asked(
    tmp_path, capsys
):
    file = str(tmp_path / "run.pt")
    assert main(["train", *QUICK, "--epochs", "1", "--checkpoint", file, "--test", "--plain"]) == 0
    assert "optdigits test: " in capsys.readouterr().out  # which is read only when asked for
    error = refused(capsys, ["train", *QUICK, "--checkpoint", file], 1)
    assert "recipe.epochs: file has 1, expected 2" in error


def test_missing_mnist_is_named_or_replaced(no_mnist, capsys):
    assert "MNIST is not in" in refused(capsys, ["evaluate", "--data", "mnist"], 1)
    assert main(["evaluate"]) == 0
    assert "Digits used: optdigits" in capsys.readouterr().out


def test_a_net_for_other_classes_is_refused(tmp_path, capsys):
    save_net(DSNet(width=2, num_classes=3), tmp_path / "three.pt")
    error = refused(capsys, ["evaluate", "--net", str(tmp_path / "three.pt")], 1)
    assert "three.pt holds a DSNet of 3 classes" in error


def agreed_card(file):
    """Read the card beside a network, after comparing it with the network."""
    card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    net = load_net(file)
    assert card["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert card["weights"] == count_weights(net)
    assert card["net"] == net.shape | {"dilations": list(net.dilations)}
    for found in card["accuracy"].values():
        right, count = found["right"], found["digits"]
        assert found["share"] == round(right / count, 4)
        assert found["interval"] == [round(end, 4) for end in accuracy_interval(right, count)]
    return card


def right_on(file, digits):
    return round(evaluate(load_net(file), digits) * len(digits))


def test_a_card_tells_what_was_trained_and_how_well_it_reads(trained):
    card, digits = agreed_card(trained / "net.pt"), load_optdigits()
    assert list(card["accuracy"]) == ["validation", "test"]
    for split, found in card["accuracy"].items():
        assert found["right"] == right_on(trained / "net.pt", digits.split(split))
    assert card["data"] == {"name": "optdigits", "train": 1097, "validation": 200, "test": 500}
    assert (card["recipe"]["epochs"], card["augmented"]) == (2, True)


def test_the_committed_card_agrees_with_the_committed_weights_and_their_page():
    card = agreed_card(PRETRAINED)
    assert card["data"] == {"name": "MNIST", "train": 55000, "validation": 5000, "test": 10000}
    assert "--save dsconv_lib/networks/weights/dsnet.pt --card" in card["command"]
    recipe, shape = meaning(*card["command"].split()[4:])  # it still means this recipe
    assert recipe.items() <= card["recipe"].items()
    assert shape == card["net"]
    page = PRETRAINED.with_name("README.md").read_text(encoding="utf-8")
    assert f"\n{card['command']}\n" in page


@pytest.mark.skipif(NO_MNIST, reason="no MNIST; the rest of the card is tested without it")
def test_the_committed_card_tells_the_accuracy_to_the_digit():
    card = json.loads(PRETRAINED.with_suffix(".json").read_text(encoding="utf-8"))
    found = right_on(PRETRAINED, load_mnist().split("validation"))
    assert card["accuracy"]["validation"]["right"] == found
