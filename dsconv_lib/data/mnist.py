"""MNIST's four files on disk: where they lie, whether they are whole, how they come here.

A download goes to a folder of its own, is checked, and is moved into place in one step.
After this module is imported, torchvision can be imported too, whatever its build.
"""

import hashlib
import http.client
import importlib.util
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

RAW_FILES = {  # name: md5 of the uncompressed original
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
DOWNLOAD_TIMEOUT = 20  # [s] of silence before a mirror counts as out of reach
ABANDONED_AFTER = 3600  # [s] a half-done folder this old belongs to a run that was killed


class MnistUnavailableError(OSError):
    """MNIST is not on this machine and cannot be brought here; the message says why."""


class MnistDamagedError(OSError):
    """A file that should be MNIST's is missing or is not; the message names it and the remedy."""


def _declare_operators() -> torch.library.Library | None:
    """Let torchvision be imported beside a torch of another build (CPU beside CUDA).

    There its compiled operators cannot load, and the import fails over two names that datasets
    and transforms never use. Declaring the names is enough, as long as the declaration is kept.

    Source: pytorch/vision, issue 9085.
    """
    folder = Path(importlib.util.find_spec("torchvision").origin).parent
    try:
        for file in folder.glob("_C.*"):
            torch.ops.load_library(file)  # as torchvision itself does, which then finds it loaded
    except OSError:
        names = torch.library.Library("torchvision", "DEF")
        names.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        names.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return names
    return None


_OPERATORS = _declare_operators()


def mnist_root() -> Path:
    """Find ``$DSCONV_DATA``, else ``./data``, with all of MNIST in it; download it once if need be.

    Raises:
        MnistUnavailableError: MNIST is not there, and there is no network or no right to write.
        MnistDamagedError: a file is missing, truncated or foreign. Nothing is replaced.

    Source: [lecun1998gradient], section III. Taught in: 06_training.
    """
    root = Path(os.environ.get("DSCONV_DATA") or "data").expanduser()
    if not (root / "MNIST").exists():
        _download(root)
    _verify(root / "MNIST" / "raw")
    return root


def _verify(raw: Path) -> None:
    """Compare every file with the original, and name the first that differs."""
    remedy = f"Move {raw.parent} away and load again to download it anew, or copy that file here."
    for name, md5 in RAW_FILES.items():
        file = raw / name
        try:
            content = file.read_bytes()
        except FileNotFoundError as error:
            raise MnistDamagedError(f"{file} is missing. {remedy}") from error
        except OSError as error:
            raise MnistDamagedError(f"{file} cannot be read: {error.strerror}. {remedy}") from error
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != md5:
            raise MnistDamagedError(
                f"{file} is not MNIST's: its {len(content):,} bytes have md5 {found}, not {md5}. "
                f"{remedy}"
            )


def _download(root: Path) -> None:
    """Bring MNIST to ``root``, wholly or not at all."""
    from torchvision.datasets import MNIST  # seconds to import, and rarely needed

    with _partial_folder(root) as partial, _patience(DOWNLOAD_TIMEOUT):
        try:
            MNIST(partial, train=True, download=True)
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            raise MnistUnavailableError(
                f"MNIST is not in {root} and could not be downloaded; connect once, or set "
                "DSCONV_DATA to a folder that holds MNIST/raw"
            ) from error
        _verify(partial / "MNIST" / "raw")
        if not (root / "MNIST").exists():  # another process may have been quicker
            (partial / "MNIST").rename(root / "MNIST")


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Let no connection stay silent for longer; torchvision itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def _partial_folder(root: Path) -> Iterator[Path]:
    """Lend a folder inside ``root``; afterwards it is gone, and so is a ``root`` made in vain."""
    root_is_new = not root.exists()
    try:
        root.mkdir(parents=True, exist_ok=True)
        for old in root.glob(".partial-*"):
            if time.time() - old.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(old, ignore_errors=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=root))
    except OSError as error:
        raise MnistUnavailableError(
            f"MNIST is not in {root}, and that folder cannot be written to "
            f"({error.strerror}); set DSCONV_DATA to one that can"
        ) from error
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if root_is_new and not any(root.iterdir()):
            root.rmdir()
