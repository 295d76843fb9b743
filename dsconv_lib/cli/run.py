"""What the four commands do: open, train, measure, print, store."""

import hashlib
import json
import shlex
import sys
from contextlib import redirect_stdout, suppress
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import torch

from dsconv_lib.cli import report
from dsconv_lib.data import (
    Digits,
    PhotographError,
    load_digits,
    load_mnist,
    load_optdigits,
    random_affine,
    read_digit,
    to_input,
)
from dsconv_lib.evaluation import predict_logits
from dsconv_lib.networks import DSNet, count_weights, load_net, save_net
from dsconv_lib.networks.storage import PRETRAINED, CheckpointError
from dsconv_lib.studies import versions
from dsconv_lib.training import (
    History,
    Recipe,
    Team,
    adapt,
    draw_per_class,
    fit,
    join_team,
    recipe_for_few,
)

DIGITS = {"any": load_digits, "mnist": load_mnist, "optdigits": load_optdigits}
FORESEEN = CheckpointError, FloatingPointError, OSError, ValueError


def run(command: str, options: dict) -> int:
    """Run one command, put an error that is foreseen into one line, and return the exit code."""
    try:
        return COMMANDS[command](SimpleNamespace(**options))
    except BrokenPipeError:  # the reader of a pipe, as `head`, has seen enough: click stays silent
        raise
    except FORESEEN as error:
        reason, code = " ".join(str(error).split()), 1
    except KeyboardInterrupt as stop:
        reason, code = str(stop) or "stopped", 130
    print(f"dsconv_lib {command}: {reason}", file=sys.stderr)
    return code


def train(options: SimpleNamespace) -> int:
    """Train, report, store; of a team that ``torchrun`` started, the first process reports."""
    device = _use_machine(options)
    with join_team(options.device) as team:
        if team.first:
            return _train(options, device, team)
        options.save, options.card = None, False
        with redirect_stdout(StringIO()):
            return _train(options, device, team)


def _train(options: SimpleNamespace, device: torch.device, team: Team) -> int:
    digits = DIGITS[options.data]()
    recipe = Recipe(
        epochs=options.epochs, batch_size=options.batch_size, lr=options.lr, seed=options.seed
    )
    torch.manual_seed(options.seed)
    head_kernel = 7 if options.average == "learned" else None
    net = DSNet(options.width, options.dilations, head_kernel=head_kernel).to(device)
    print(f"Network: {count_weights(net):,} weights.", flush=True)
    print(report.history_table(_fit(net, digits, recipe, options, team)))
    net = net.cpu()
    accuracy = {"validation": _measure(net, digits.split("validation"))}
    if options.test or options.card:
        accuracy["test"] = _measure(net, digits.split("test"))
    _store(net, options.save)
    if options.card:
        _describe(net, digits, recipe, accuracy, options)
    return 0


def _describe(
    net: DSNet, digits: Digits, recipe: Recipe, accuracy: dict, options: SimpleNamespace
) -> None:
    """Write the card of a stored network: what it is, how it was made, how well it reads."""
    card = {
        "file": options.save.name,
        "sha256": hashlib.sha256(options.save.read_bytes()).hexdigest(),
        "weights": count_weights(net),
        "net": net.shape,
        "command": shlex.join(["python", "-m", "dsconv_lib", *sys.argv[1:]]),
        "data": {"name": digits.name, **{name: len(at) for name, at in digits.splits.items()}},
        "augmented": not options.plain,
        "recipe": asdict(recipe),
        "accuracy": accuracy,
        "versions": versions(),
        "threads": torch.get_num_threads(),
    }
    path = options.save.with_suffix(".json")
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(f"Described in {path}.")


def _fit(
    net: DSNet, digits: Digits, recipe: Recipe, options: SimpleNamespace, team: Team
) -> History:
    """Train; if that is stopped, say what is left."""
    checkpoint: Path | None = options.checkpoint
    if checkpoint and checkpoint.exists():
        print(f"Going on from {checkpoint}.", flush=True)
    parts = digits.split("train"), digits.split("validation")
    how = {"augment": None if options.plain else random_affine, "wrap": team.unite}
    try:
        return fit(net, *parts, recipe, **how, checkpoint=checkpoint)
    except KeyboardInterrupt:
        kept = "nothing is kept: --checkpoint FILE keeps every epoch that is done"
        if checkpoint and checkpoint.exists():
            kept = f"the epochs done are in {checkpoint}; the same command goes on from there"
        raise KeyboardInterrupt(f"stopped; {kept}") from None


def evaluate(options: SimpleNamespace) -> int:
    """Measure and print."""
    net, digits = _open_net(options.net).to(_use_machine(options)), DIGITS[options.data]()
    if options.split != "all":
        digits = digits.split(options.split)
    logits = predict_logits(net, digits.images)
    report.print_accuracy(logits, digits)
    print("", report.full_report(logits, digits.labels), sep="\n")
    return 0


def predict(options: SimpleNamespace) -> int:
    """Read every file that can be read; report the others."""
    with suppress(AttributeError):  # a console without block characters gets question marks
        sys.stdout.reconfigure(errors="replace")
    net = _open_net(options.net)
    unread = [path for path in options.files if not _read(net, path, options)]
    return 1 if unread else 0


@torch.no_grad()
def _read(net: DSNet, path: Path, options: SimpleNamespace) -> bool:
    """Print what one file holds; tell whether it could be read."""
    try:
        image = read_digit(path)
    except PhotographError as error:
        print(f"dsconv_lib predict: {error}", file=sys.stderr, flush=True)
        return False
    probabilities = net(to_input(image)).softmax(dim=1)[0]  # (1, 10) -> (10,)
    digit = int(probabilities.argmax())
    print(f"{path}: {digit} ({probabilities[digit]:.1%})", flush=True)
    if options.show:
        print(report.picture(image[0]))
    if not options.brief:
        print(report.bars(probabilities))
    return True


def finetune(options: SimpleNamespace) -> int:
    """Draw, measure, adapt, measure again, store."""
    net = _open_net(options.net).to(_use_machine(options))
    few, rest = draw_per_class(load_optdigits(), options.per_class, options.seed)
    print(f"{len(few)} labelled digits to learn from, {len(rest):,} others to measure on.")
    _measure(net, rest, "before")
    recipe = recipe_for_few(few, options.lr, steps=options.steps, seed=options.seed)
    adapt(net, few, options.method.replace("-", " "), recipe)
    _measure(net, rest, "after")
    _store(net.cpu(), options.save)
    return 0


def _use_machine(options: SimpleNamespace) -> torch.device:
    """Set the number of threads and find the device."""
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda, but PyTorch finds no CUDA device here; use --device cpu")
    return torch.device(options.device)


def _open_net(path: Path | None) -> DSNet:
    """Load a stored network for ten digits, or the pretrained one."""
    net = load_net(path or PRETRAINED)
    if not isinstance(net, DSNet) or net.num_classes != 10:
        found = f"a {type(net).__name__} of {net.shape['num_classes']} classes"
        raise CheckpointError(f"{path} holds {found}, not a DSNet that reads ten digits")
    return net


def _measure(net: DSNet, digits: Digits, name: str = "") -> dict:
    return report.print_accuracy(predict_logits(net, digits.images), digits, name)


def _store(net: DSNet, path: Path | None) -> None:
    if path:
        save_net(net, path)
        print(f"Stored in {path}.")


COMMANDS = {"train": train, "evaluate": evaluate, "predict": predict, "finetune": finetune}
