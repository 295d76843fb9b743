"""How networks and runs are stored: files written wholly or not at all, and read back as meant.

A file holds tensors, numbers and words in one dictionary, and nothing that could run code. That of
a network (``save_net``, ``load_net``) says how to rebuild it; that of a run (a *checkpoint*) says
which run may go on from it.
"""

import os
import platform
from pathlib import Path

import torch
from torch import nn

from dsconv_lib.networks.dsnet import DSNet
from dsconv_lib.networks.segmentation import SegNet, TwoScaleNet
from dsconv_lib.networks.tied import TiedNet

PRETRAINED = Path(__file__).parent / "weights" / "dsnet.pt"
KINDS = {kind.__name__: kind for kind in (DSNet, SegNet, TwoScaleNet, TiedNet)}


def count_weights(net: nn.Module) -> int:
    """Count the weights of a network, biases included.

    Example (two images of 3 x 3 pixels, and two biases):
        >>> count_weights(nn.Conv2d(1, 2, kernel_size=3))
        20
    """
    return sum(weight.numel() for weight in net.parameters())


class CheckpointError(RuntimeError):
    """A checkpoint is damaged or belongs to something else; the message says what was expected."""


def save_net(net: nn.Module, path: str | Path) -> None:
    """Store one of the book's networks, ``KINDS``, with what is needed to rebuild it."""
    weights = {name: weight.contiguous() for name, weight in net.state_dict().items()}
    save_checkpoint({"kind": type(net).__name__, "net": net.shape, "model": weights}, path)


def load_net(path: str | Path) -> nn.Module:
    """Rebuild a trained network from its file, in evaluation mode.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: a file that is damaged, or holds none of the book's networks.
    """
    state = load_checkpoint(path)
    try:
        net = KINDS[state.get("kind", "DSNet")](**state["net"])
        net.load_state_dict(state["model"])
    except (KeyError, TypeError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{path} holds none of {', '.join(KINDS)} ({error}): expected shape and weights, as "
            "`python -m dsconv_lib train --save FILE` stores them"
        ) from error
    return net.eval()


def load_pretrained() -> DSNet:
    """Load the network that the later chapters start from, in evaluation mode.

    How it was trained, and how well it reads, stands beside it in ``dsconv_lib/networks/weights``.

    Example:
        >>> net = load_pretrained()
        >>> net.training, count_weights(net)
        (False, 7875)
    """
    return load_net(PRETRAINED)


def save_checkpoint(state: dict, path: str | Path) -> None:
    """Write tensors, numbers and words to a file, so that a killed run leaves the old one whole.

    The same state gives the same bytes.

    Raises:
        OSError: the folder is missing, full or read-only; names it.
    """
    path = Path(path)
    # a name of its own: the processes of a team, on one machine or several, write the same file
    partial = path.with_name(f"{path.name}.{platform.node()}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:  # given a name, torch would write that into the file
            torch.save(state, file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(path: str | Path, expected: dict | None = None) -> dict:
    """Read a file written by ``save_checkpoint``; nothing in it can run code.

    Args:
        expected: a state like the one wanted; names, shapes and the recipe must agree with it.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: truncated, foreign, or of another model or recipe; names the difference.
    """
    path = Path(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged file can trip the reader in any way
        raise CheckpointError(
            f"{path} is not a whole checkpoint ({type(error).__name__}). Move it away to start anew"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds a {type(state).__name__}, not a checkpoint")
    if expected is not None:
        _compare(path, _describe(state), _describe(expected))
    return state


def _describe(state: dict) -> dict[str, object]:
    """Flatten the model's tensors to shapes, and the recipe to its values."""
    described = {}
    for name in ("model", "recipe"):
        part = state.get(name, {})
        for key, value in part.items() if isinstance(part, dict) else ():
            shape = tuple(value.shape) if isinstance(value, torch.Tensor) else value
            described[f"{name}.{key}"] = shape
    return described


def _compare(path: Path, found: dict[str, object], wanted: dict[str, object]) -> None:
    """Name the first differences between what a file holds and what was asked for."""
    differences = [
        f"{name}: file has {found.get(name, 'nothing')}, expected {wanted.get(name, 'nothing')}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if differences:
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise CheckpointError(
            f"{path} belongs to another run: {'; '.join(differences[:3])}{more}. "
            "Move it away to start anew, or train with what it expects"
        )
