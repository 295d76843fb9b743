"""Real digits in, clear words when they cannot be had, nothing half-written left behind."""

import os
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
import torch

from dsconv_lib.data import (
    RAW_FILES,
    Digits,
    MnistDamagedError,
    MnistUnavailableError,
    load_digits,
    load_mnist,
    load_optdigits,
    mnist,
)

DATA = Path(os.environ["DSCONV_DATA"])
needs_mnist = pytest.mark.skipif(
    not (DATA / "MNIST").exists(), reason=f"no MNIST in {DATA}; the other tests do without it"
)


@pytest.fixture
def no_network(monkeypatch):
    """Let every download fail as it does on a train."""

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network in this test")

    monkeypatch.setattr("urllib.request.urlopen", refuse)


@pytest.fixture
def copied_mnist(tmp_path):
    """A folder that looks like MNIST's, with links to the real files, safe to damage."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in RAW_FILES:
        (raw / name).symlink_to(DATA / "MNIST" / "raw" / name)
    return tmp_path


def check_digits(digits: Digits, count: int) -> None:
    assert digits.images.shape == (count, 1, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.shape == (count,)
    assert digits.labels.dtype == torch.int64
    assert digits.labels.unique().tolist() == list(range(10))
    rows = torch.cat(list(digits.splits.values()))
    assert rows.sort().values.tolist() == list(range(count))  # disjoint, and nothing left out


@needs_mnist
def test_mnist_is_the_known_one():
    digits = load_mnist()
    check_digits(digits, 70_000)
    assert {name: len(digits.split(name)) for name in digits.splits} == {
        "train": 55_000,
        "validation": 5_000,
        "test": 10_000,
    }
    assert digits.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert digits.split("test").labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert (digits.images[:60_000] / 255).mean().item() == pytest.approx(0.1307, abs=5e-5)


@needs_mnist
def test_the_same_split_every_time():
    first, again = load_mnist(), load_mnist()
    for name in first.splits:
        assert torch.equal(first.splits[name], again.splits[name])


def test_optdigits_are_real_digits_in_mnists_frame():
    digits = load_optdigits()
    check_digits(digits, 1_797)
    assert digits.images.max() == 255
    assert digits.images[:, :, :4].max() == 0  # four empty rows above
    assert digits.images[:, :, :, -4:].max() == 0  # four empty columns on the right
    ink = digits.images.float().mean() / 255
    assert 0.1 < ink < 0.2  # MNIST's is 0.13


def test_a_split_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"'dev'.*'test', 'train', 'validation'"):
        load_optdigits().split("dev")


def test_rows_are_taken_in_their_order():
    digits = load_optdigits()
    few = digits.take(torch.tensor([5, 3]), "two")
    assert torch.equal(few.images, digits.images[[5, 3]])
    assert few.labels.tolist() == digits.labels[[5, 3]].tolist()
    assert (few.name, digits.take(slice(2)).name, few.splits) == ("two", "optdigits", {})


def test_an_epoch_deals_every_digit_once_but_for_a_batch_that_is_not_full():
    digits = load_optdigits()
    dealt = list(digits.batches(100, torch.Generator().manual_seed(0)))
    assert [len(labels) for _, labels in dealt] == [100] * 17
    images, labels = map(torch.cat, zip(*dealt, strict=True))
    assert not torch.equal(labels, digits.labels[:1700])
    known = {
        image.numpy().tobytes(): int(k)
        for image, k in zip(digits.images, digits.labels, strict=True)
    }
    assert [known[image.numpy().tobytes()] for image in images] == labels.tolist()
    assert len(images.flatten(1).unique(dim=0)) == 1700


def test_first_fetches_a_batch_of_one_with_that_label():
    digits = load_optdigits()
    three = digits.first(3)
    assert three.shape == (1, 1, 28, 28)
    assert 0 <= three.min() < three.max() <= 1
    assert digits.labels[(digits.images / 255 == three).all(dim=(1, 2, 3))].tolist() == [3]
    with pytest.raises(ValueError, match="11"):
        digits.first(11)


def test_without_mnist_and_network_the_offline_digits_stand_in(tmp_path, no_network, capsys):
    digits = load_digits(tmp_path / "data")
    assert digits.name == "optdigits"
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    for word in ["optdigits", "1,797", "MNIST is not in", str(tmp_path), "DSCONV_DATA"]:
        assert word in said
    assert list(tmp_path.iterdir()) == []


@needs_mnist
def test_with_mnist_one_line_says_so(capsys):
    assert load_digits().name == "MNIST"
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "MNIST: 70,000 digits" in said


def test_dsconv_data_names_the_folder(tmp_path, monkeypatch, no_network):
    monkeypatch.setenv("DSCONV_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(MnistUnavailableError, match="elsewhere"):
        load_mnist()


@needs_mnist
@pytest.mark.parametrize("name", RAW_FILES)
def test_a_truncated_file_is_named_with_its_remedy_and_left_alone(copied_mnist, name):
    file = copied_mnist / "MNIST" / "raw" / name
    content = file.read_bytes()[:5000]
    file.unlink()
    file.write_bytes(content)
    with pytest.raises(MnistDamagedError) as caught:
        load_digits(copied_mnist)
    for word in [str(file), "5,000 bytes", RAW_FILES[name], "Move"]:
        assert word in str(caught.value)
    assert file.read_bytes() == content


@needs_mnist
def test_a_missing_file_is_named(copied_mnist):
    file = copied_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    file.unlink()
    with pytest.raises(MnistDamagedError, match="t10k-labels-idx1-ubyte is missing"):
        load_digits(copied_mnist)
    assert not file.exists()


def test_an_empty_mnist_folder_is_not_taken_for_mnist(tmp_path):
    (tmp_path / "MNIST").mkdir()
    with pytest.raises(MnistDamagedError, match="train-images-idx3-ubyte is missing"):
        load_digits(tmp_path)


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").mkdir(parents=True)
    with pytest.raises(MnistDamagedError, match="train-images-idx3-ubyte cannot be read"):
        load_digits(tmp_path)


def test_a_root_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(MnistUnavailableError, match=r"file.*cannot be written.*DSCONV_DATA"):
        load_mnist(blocked)
    assert blocked.read_text() == "not a folder"


def test_a_read_only_folder_is_named(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(mnist.tempfile, "mkdtemp", refuse)
    with pytest.raises(MnistUnavailableError, match=r"cannot be written to \(Permission denied\)"):
        load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ConnectionResetError, TimeoutError])
def test_an_interrupted_download_leaves_nothing_behind(tmp_path, monkeypatch, interruption):
    def half_a_download(root, train, download):
        (Path(root) / "MNIST" / "raw").mkdir(parents=True)
        (Path(root) / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").write_bytes(b"half")
        raise interruption

    monkeypatch.setattr("torchvision.datasets.MNIST", half_a_download)
    with pytest.raises((KeyboardInterrupt, MnistUnavailableError)):
        load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_download_of_something_else_is_refused(tmp_path, monkeypatch):
    def foreign(root, train, download):
        (Path(root) / "MNIST" / "raw").mkdir(parents=True)
        for name in RAW_FILES:
            (Path(root) / "MNIST" / "raw" / name).write_bytes(b"a login page")

    monkeypatch.setattr("torchvision.datasets.MNIST", foreign)
    with pytest.raises(MnistDamagedError, match="12 bytes"):
        load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


@needs_mnist
def test_a_download_arrives_whole_through_torchvision(tmp_path, monkeypatch):
    fetched = []

    def fetch(url, download_root, filename, md5):  # stands where torchvision goes to the network
        fetched.append(url)
        name = filename.removesuffix(".gz")
        (Path(download_root) / name).write_bytes((DATA / "MNIST" / "raw" / name).read_bytes())

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", fetch)
    digits = load_mnist(tmp_path / "new")
    assert len(fetched) == 4
    check_digits(digits, 70_000)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["MNIST"]


def test_half_done_folders_of_killed_runs_are_cleared(tmp_path, no_network):
    old, young = tmp_path / ".partial-old", tmp_path / ".partial-young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (0, 0))
    with pytest.raises(MnistUnavailableError):
        load_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == [young]


def test_torchvision_imports_beside_any_build_of_torch():
    program = (
        "import dsconv_lib.data\n"
        "import torchvision\n"
        "from torchvision.transforms import v2\n"
        "print(torchvision.datasets.MNIST.__name__, v2.RandomRotation.__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["MNIST", "RandomRotation"], done.stderr
