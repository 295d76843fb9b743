"""Adapt a trained network: what to freeze, how fast each part may move, which labels to spend."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import nn

from dsconv_lib.checks import require_whole
from dsconv_lib.data import Digits, random_affine
from dsconv_lib.training.fit import Augment, Recipe, fit

WAYS = (
    "from scratch",
    "head only",
    "full",
    "discriminative rates",
    "gradual unfreezing",
    "frozen statistics",
)


def freeze(*parts: nn.Module) -> None:
    """Stop the weights of these parts from being trained.

    Batch normalisation goes on collecting statistics all the same: see ``frozen_statistics``.
    """
    for part in parts:
        part.requires_grad_(False)


def unfreeze(*parts: nn.Module) -> None:
    """Let the weights of these parts be trained again."""
    for part in parts:
        part.requires_grad_(True)


def trainable_params(model: nn.Module) -> int:
    """Count the numbers that training may change."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


@contextmanager
def frozen_statistics(model: nn.Module) -> Iterator[None]:
    """Hold batch normalisation's running statistics still, whatever ``model.train()`` says.

    ``requires_grad=False`` does not stop them; evaluation mode does. Inside this context each
    batch-norm layer stays in evaluation mode; afterwards all is as before.
    """
    layers = [part for part in model.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    modes = [layer.training for layer in layers]
    handles = [layer.register_forward_pre_hook(_hold) for layer in layers]
    try:
        yield
    finally:
        for handle, layer, mode in zip(handles, layers, modes, strict=True):
            handle.remove()
            layer.train(mode)


def _hold(layer: nn.Module, inputs: object) -> None:
    layer.eval()


def discriminative_groups(
    parts: Sequence[nn.Module], lr: float, factor: float = 2.6
) -> list[dict[str, object]]:
    """Give each part a learning rate of its own: the last one ``lr``, each earlier one less.

    Args:
        parts: input side first.
        lr: learning rate of the last part.
        factor: rate of a part over the rate of the part before it.

    Returns:
        parameter groups for any ``torch.optim`` optimiser; frozen weights are left out.

    Source: [howard2018universal], section 3.2.
    """
    require_whole(1, parts=len(parts))
    if lr <= 0 or factor <= 0:
        raise ValueError(f"lr={lr} and factor={factor} must both be positive")
    rates = [lr / factor ** (len(parts) - 1 - place) for place in range(len(parts))]
    free = [[weight for weight in part.parameters() if weight.requires_grad] for part in parts]
    groups = zip(free, rates, strict=True)
    return [{"params": weights, "lr": rate} for weights, rate in groups if weights]


def draw_per_class(digits: Digits, per_class: int, seed: int) -> tuple[Digits, Digits]:
    """Draw the same number of digits from every class; return them, and the untouched rest.

    The same seed draws the same digits, and a larger draw contains the smaller one.
    """
    require_whole(1, per_class=per_class)
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    labels = digits.labels[order]
    drawn = []
    for label in digits.labels.unique():
        rows = order[labels == label]
        if len(rows) <= per_class:
            raise ValueError(
                f"{per_class} digits of class {label} asked for, of {len(rows)}: leave at least one"
            )
        drawn.append(rows[:per_class])
    chosen = torch.cat(drawn)
    rest = torch.ones(len(digits), dtype=torch.bool)
    rest[chosen] = False
    return digits.take(chosen, f"{digits.name} drawn"), digits.take(rest, f"{digits.name} rest")


def gradual_stages(parts: Iterable[nn.Module]) -> list[list[nn.Module]]:
    """Plan gradual unfreezing: first the last part alone, then one more part at each stage.

    Source: [howard2018universal], section 3.3.
    """
    parts = list(parts)
    require_whole(1, parts=len(parts))
    return [parts[-count:] for count in range(1, len(parts) + 1)]


def learning_parts(net: nn.Module) -> list[nn.Module]:
    """List a network's parts that hold weights, input side first."""
    return [part for part in net.children() if any(True for _ in part.parameters())]


def recipe_of_stage(recipe: Recipe, number: int, stages: int) -> Recipe:
    """Give a stage of gradual unfreezing its share of the epochs, and an order of its own.

    Taught in: 07_finetuning.
    """
    seed = recipe.seed + 1_000 * number  # else each stage would meet the same batches again
    return replace(recipe, epochs=max(1, recipe.epochs // stages), seed=seed)


def recipe_for_few(
    few: Digits, lr: float, *, steps: int = 100, batch_size: int = 25, seed: int = 0
) -> Recipe:
    """Ask for about so many steps, however few the digits are: fewer digits, more epochs.

    Taught in: 07_finetuning.
    """
    require_whole(1, steps=steps, batch_size=batch_size, digits=len(few))
    batch_size = min(batch_size, len(few))
    epochs = max(1, round(steps / (len(few) // batch_size)))
    return Recipe(epochs=epochs, batch_size=batch_size, lr=lr, seed=seed)


def adapt(
    net: nn.Module, few: Digits, way: str, recipe: Recipe, augment: Augment | None = random_affine
) -> None:
    """Train a network in place on few digits, in one of the six ``WAYS``.

    "From scratch" and "full" are the same training: what differs is the network given.

    Taught in: 07_finetuning.
    """
    if way not in WAYS:
        raise ValueError(f"way={way!r}, but it must be one of {', '.join(WAYS)}")
    parts, train = learning_parts(net), partial(fit, net, few, augment=augment)
    if way == "head only":
        freeze(*parts[:-1])
        with frozen_statistics(net):
            train(recipe=recipe)
        unfreeze(net)
    elif way == "discriminative rates":
        train(recipe=recipe, groups=lambda n: discriminative_groups(learning_parts(n), recipe.lr))
    elif way == "gradual unfreezing":
        freeze(net)
        for number, stage in enumerate(gradual_stages(parts)):
            unfreeze(*stage)
            train(recipe=recipe_of_stage(recipe, number, len(parts)))
    elif way == "frozen statistics":
        with frozen_statistics(net):
            train(recipe=recipe)
    else:
        train(recipe=recipe)
