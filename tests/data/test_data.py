"""Real digits in, clear words when they cannot be had, nothing half-written left behind."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from dsconv_lib.data import (
    Digits,
    MnistDamagedError,
    MnistUnavailableError,
    load_digits,
    load_mnist,
    load_optdigits,
    mnist,
)

DATA = Path(os.environ["DSCONV_DATA"])
DIGITS = load_optdigits()
needs_mnist = pytest.mark.skipif(
    not (DATA / "MNIST").exists(), reason=f"no MNIST in {DATA}; the other tests do without it"
)


def check_digits(digits: Digits, count: int) -> None:
    assert digits.images.shape == (count, 1, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.shape == (count,)
    assert digits.labels.dtype == torch.int64
    assert digits.labels.unique().tolist() == list(range(10))
    rows = torch.cat(list(digits.splits.values()))
    assert rows.sort().values.tolist() == list(range(count))  # disjoint, and nothing left out


@needs_mnist
def test_where_mnist_is_there_it_is_the_known_one_and_one_line_says_so(capsys):
    digits = load_digits()
    known = "MNIST: 70,000 digits (train 55,000, validation 5,000, test 10,000)"
    assert capsys.readouterr().out == f"Digits used: {known}.\n"
    check_digits(digits, 70_000)
    assert digits.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert digits.split("test").labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert digits.splits["validation"][:4].tolist() == [2, 23, 26, 28]  # the same every time
    assert (digits.images[:60_000] / 255).mean().item() == pytest.approx(0.1307, abs=5e-5)


def test_optdigits_are_real_digits_in_mnists_frame():
    check_digits(DIGITS, 1_797)
    assert DIGITS.images.max() == 255
    assert DIGITS.images[:, :, :4].max() == 0  # four empty rows above
    assert DIGITS.images[:, :, :, -4:].max() == 0  # four empty columns on the right
    ink = DIGITS.images.float().mean() / 255
    assert 0.1 < ink < 0.2  # MNIST's is 0.13


def test_rows_are_taken_in_their_order():
    few = DIGITS.take(torch.tensor([5, 3]), "two")
    assert torch.equal(few.images, DIGITS.images[[5, 3]])
    assert few.labels.tolist() == DIGITS.labels[[5, 3]].tolist()
    assert (few.name, DIGITS.take(slice(2)).name, few.splits) == ("two", "optdigits", {})


def test_an_epoch_deals_every_digit_once_but_for_a_batch_that_is_not_full():
    ten = Digits(torch.arange(10), torch.arange(10), "numbers in place of images")
    dealt = list(ten.batches(3, torch.Generator().manual_seed(0)))
    assert [len(labels) for _, labels in dealt] == [3, 3, 3]
    images, labels = map(torch.cat, zip(*dealt, strict=True))
    assert torch.equal(images, labels)
    assert len(labels.unique()) == 9
    assert labels.tolist() != sorted(labels.tolist())


def test_first_fetches_a_batch_of_one_with_that_label():
    three = DIGITS.first(3)
    assert three.shape == (1, 1, 28, 28)
    assert 0 <= three.min() < three.max() <= 1
    assert DIGITS.labels[(DIGITS.images / 255 == three).all(dim=(1, 2, 3))].tolist() == [3]


def test_a_label_and_a_split_that_are_not_there_are_named():
    with pytest.raises(ValueError, match="11"):
        DIGITS.first(11)
    with pytest.raises(ValueError, match=r"'dev'.*'test', 'train', 'validation'"):
        DIGITS.split("dev")


def test_without_mnist_and_network_the_offline_digits_stand_in(no_mnist, capsys):
    assert load_digits().name == "optdigits"
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    for words in ["optdigits", "1,797", f"MNIST is not in {no_mnist} ", "DSCONV_DATA"]:
        assert words in said
    assert list(no_mnist.parent.iterdir()) == []


@pytest.fixture
def raw(no_mnist, monkeypatch):
    """Four small files in MNIST's place that pass for whole."""
    raw = no_mnist / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in mnist.RAW_FILES:
        (raw / name).write_text(name)
        monkeypatch.setitem(mnist.RAW_FILES, name, hashlib.md5(name.encode()).hexdigest())
    return raw


@pytest.mark.parametrize("name", mnist.RAW_FILES)
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.write_text("train"), "is not MNIST's: its 5 bytes have md5 61b3"),
        (lambda file: file.unlink(), "is missing."),
        (lambda file: (file.unlink(), file.mkdir()), "cannot be read: Is a directory."),
    ],
    ids=["truncated", "missing", "a folder in its place"],
)
def test_a_damaged_file_is_named_with_its_remedy_and_left_alone(raw, name, damage, words):
    assert mnist.mnist_root() == raw.parents[1]
    damage(raw / name)
    before = {file: file.is_file() and file.read_text() for file in raw.iterdir()}
    with pytest.raises(MnistDamagedError) as caught:
        load_digits()
    assert str(caught.value).startswith(f"{raw / name} {words}")
    assert f" Move {raw.parent} away and load again" in str(caught.value)
    assert {file: file.is_file() and file.read_text() for file in raw.iterdir()} == before


def test_an_empty_mnist_folder_is_not_taken_for_mnist(no_mnist):
    (no_mnist / "MNIST").mkdir(parents=True)
    with pytest.raises(MnistDamagedError, match="train-images-idx3-ubyte is missing"):
        load_digits()


def test_a_root_that_cannot_be_written_is_named(no_mnist, monkeypatch):
    no_mnist.write_text("not a folder")
    with pytest.raises(MnistUnavailableError, match=r"data.*cannot be written.*DSCONV_DATA"):
        load_mnist()
    assert no_mnist.read_text() == "not a folder"

    no_mnist.unlink()
    refuse = Mock(side_effect=PermissionError(13, "Permission denied"))
    monkeypatch.setattr(mnist.tempfile, "mkdtemp", refuse)
    with pytest.raises(MnistUnavailableError, match=r"cannot be written to \(Permission denied\)"):
        load_mnist()


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        (KeyboardInterrupt, KeyboardInterrupt, None),
        (ConnectionResetError, MnistUnavailableError, "could not be downloaded"),
        (TimeoutError, MnistUnavailableError, "could not be downloaded"),
        (None, MnistDamagedError, "its 12 bytes"),
    ],
    ids=str,
)
def test_a_download_that_is_interrupted_or_foreign_leaves_nothing_behind(
    no_mnist, monkeypatch, end, error, words
):
    def download(root, train, download):
        raw = Path(root) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for name in mnist.RAW_FILES:
            (raw / name).write_bytes(b"a login page")
        if end:
            raise end

    monkeypatch.setattr("torchvision.datasets.MNIST", download)
    with pytest.raises(error, match=words):
        load_mnist()
    assert list(no_mnist.parent.iterdir()) == []


@needs_mnist
def test_a_download_arrives_whole_through_torchvision(no_mnist, monkeypatch):
    def fetch(url, download_root, filename, md5):  # stands where torchvision goes to the network
        name = filename.removesuffix(".gz")
        (Path(download_root) / name).write_bytes((DATA / "MNIST" / "raw" / name).read_bytes())

    fetched = Mock(side_effect=fetch)
    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", fetched)
    check_digits(load_mnist(), 70_000)
    assert fetched.call_count == 4
    assert [path.name for path in no_mnist.iterdir()] == ["MNIST"]


def test_half_done_folders_of_killed_runs_are_cleared(no_mnist):
    old, young = no_mnist / ".partial-old", no_mnist / ".partial-young"
    old.mkdir(parents=True)
    young.mkdir()
    os.utime(old, (0, 0))
    with pytest.raises(MnistUnavailableError):
        load_mnist()
    assert list(no_mnist.iterdir()) == [young]


def test_torchvision_imports_beside_any_build_of_torch():
    program = "import dsconv_lib.data; import torchvision.datasets, torchvision.transforms.v2"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
