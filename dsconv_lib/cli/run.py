"""What the four commands do: open, train, measure, print, store."""

import os
import sys
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import torch

from dsconv_lib.cli.card import require_place, write_card
from dsconv_lib.cli.report import (
    bars,
    calibration_line,
    confusion_table,
    history_table,
    picture,
    print_accuracy,
    scores_table,
)
from dsconv_lib.data import (
    Digits,
    MnistDamagedError,
    MnistUnavailableError,
    PhotographError,
    load_digits,
    load_mnist,
    load_optdigits,
    random_affine,
    read_digit,
    to_input,
)
from dsconv_lib.evaluation import predict_logits
from dsconv_lib.networks import (
    PRETRAINED,
    CheckpointError,
    DSNet,
    count_weights,
    load_net,
    save_net,
)
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
FORESEEN = (
    CheckpointError,
    FloatingPointError,
    MnistDamagedError,
    MnistUnavailableError,
    OSError,
    ValueError,
)


def run(command: str, options: SimpleNamespace) -> int:
    """Run one command, and put an error that is foreseen into one line.

    Returns:
        the exit code: 0 if all went well, 1 if not, 130 if stopped by Ctrl-C.
    """
    try:
        return COMMANDS[command](options)
    except BrokenPipeError:  # the reader of a pipe, as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FORESEEN as error:
        reason, code = " ".join(str(error).split()), 1
    except KeyboardInterrupt as stop:
        reason, code = str(stop) or "stopped", 130
    print(f"dsconv_lib {command}: {reason}", file=sys.stderr)
    return code


def train(options: SimpleNamespace) -> int:
    """Train, report, store; of a team that ``torchrun`` started, the first process reports."""
    if options.card:
        require_place(options.save)
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
    net = DSNet(options.width, options.dilations).to(device)
    print(f"Network: {count_weights(net):,} weights.", flush=True)
    print(history_table(_fit(net, digits, recipe, options, team)))
    net = net.cpu()
    splits = ("validation", "test") if options.test or options.card else ("validation",)
    parts = {name: digits.split(name) for name in splits}
    counts = {
        name: print_accuracy(predict_logits(net, part.images), part) for name, part in parts.items()
    }
    _store(net, options.save)
    if options.card:
        write_card(net, options.save, digits, recipe, augmented=not options.plain, counts=counts)
    return 0


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
    print_accuracy(logits, digits)
    answers = logits.argmax(dim=1)
    tables = scores_table(digits.labels, answers), confusion_table(digits.labels, answers)
    print("", *tables, calibration_line(logits, digits.labels), sep="\n\n")
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
        print(picture(image[0]))
    if not options.brief:
        print(bars(probabilities))
    return True


def finetune(options: SimpleNamespace) -> int:
    """Draw, measure, adapt, measure again, store."""
    net = _open_net(options.net).to(_use_machine(options))
    few, rest = draw_per_class(load_optdigits(), options.per_class, options.seed)
    print(f"{len(few)} labelled digits to learn from, {len(rest):,} others to measure on.")
    print_accuracy(predict_logits(net, rest.images), rest, "before")
    recipe = recipe_for_few(few, options.lr, steps=options.steps, seed=options.seed)
    adapt(net, few, options.method.replace("-", " "), recipe)
    print_accuracy(predict_logits(net, rest.images), rest, "after")
    _store(net.cpu(), options.save)
    return 0


COMMANDS = {"train": train, "evaluate": evaluate, "predict": predict, "finetune": finetune}


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


def _store(net: DSNet, path: Path | None) -> None:
    if path:
        save_net(net, path)
        print(f"Stored in {path}.")
