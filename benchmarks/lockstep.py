"""Train many small nets side by side, all on the same views of the digits.

One small net leaves a GPU idle: its step is a hundred kernels of a few microseconds each. Here the
seeds of one net are stacked, channels beside channels, and take their steps as one net would; each
stack has a stream of its own, and a few of its steps are captured as a CUDA graph and replayed. On
a CPU the same steps run as they stand, one stack after the other.

Apart from two things a step is that of ``fit``: Adam's first moment is kept at 0.9, where PyTorch's
one-cycle schedule moves it too, and all nets see the same views, in an order of their own.
"""

import copy
import functools
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from dsconv_lib.data import Digits, load_mnist, random_affine, to_input
from dsconv_lib.studies import remaining, run_study
from dsconv_lib.training import Recipe

AT_ONCE = 3  # steps in one captured graph


@dataclass(frozen=True)
class Task:
    """One net to train by several seeds: how to build it, by which recipe, how much of a teacher.

    Args:
        share: of the loss, what the teachers' opinion weighs; 0 for labels alone.
        warm_up: let the moving average begin short, as ``min(kept, (1 + t) / (10 + t))``.
        decay_all: let the weight decay act on norms and depthwise kernels too.
        augment: train on the views, else on the digits as they are.
    """

    build: Callable[[], nn.Module]
    recipe: Recipe
    seeds: Sequence[int] = (0,)
    share: float = 0.0
    temperature: float = 1.0
    warm_up: bool = True
    decay_all: bool = True
    augment: bool = True


class Views:
    """The training digits as they look in this epoch, and what the teachers say about them."""

    def __init__(self, digits: Digits, device: str, teachers: Sequence[nn.Module] = ()):
        self.original, self.labels = to_input(digits.images).to(device), digits.labels.to(device)
        self.x, self.teachers = torch.empty_like(self.original), list(teachers)
        self.opinion = torch.zeros(len(digits), 10, device=device) if teachers else None

    @torch.no_grad()
    def draw(self, seed: int) -> None:
        """Turn, scale, slant and shift every digit anew; ask the teachers about each view."""
        generator = torch.Generator().manual_seed(seed)
        for part in torch.arange(len(self.x), device=self.x.device).split(5_000):
            self.x[part] = random_affine(self.original[part], generator)
            if self.teachers:
                answers = [net(self.x[part]).log_softmax(1) for net in self.teachers]
                self.opinion[part] = torch.stack(answers).mean(0)


class Stack:
    """One task in training: its seeds side by side, and all that changes with a step."""

    def __init__(self, task: Task, views: Views, epochs: int):
        recipe, device = task.recipe, views.x.device
        self.task, self.views, self.size = task, views, recipe.batch_size
        self.steps = len(views.x) // self.size // AT_ONCE * AT_ONCE  # per epoch
        self.net = stack([_seeded(task.build, seed) for seed in task.seeds]).to(device).train()
        self.order = torch.zeros(len(task.seeds), self.steps * self.size, dtype=torch.long)
        self.order = self.order.to(device)
        self.reach = torch.arange(self.size, device=device)
        self.place = torch.zeros(1, dtype=torch.long, device=device)
        self.lr = torch.zeros((), device=device)
        self.plan(epochs)
        groups = _groups(self.net, recipe.weight_decay, task.decay_all)
        self.optimiser = torch.optim.AdamW(
            groups, lr=self.lr, fused=True, capturable=views.x.is_cuda
        )
        state = self.net.state_dict()
        self.names = [name for name, value in state.items() if value.is_floating_point()]
        self.moving = [state[name] for name in self.names]
        self.average = [value.clone() for value in self.moving]
        self.stream = torch.cuda.Stream() if views.x.is_cuda else None
        self.graph = None

    def plan(self, epochs: int) -> None:
        """Lay down the rate and the reach of the average for every step."""
        recipe, steps, device = self.task.recipe, epochs * self.steps, self.views.x.device
        kept = max(0.0, min(recipe.average, 1 - 10 / steps))
        t = torch.arange(steps, dtype=torch.float32)
        decays = ((1 + t) / (10 + t)).clamp(max=kept) if self.task.warm_up else t * 0 + kept
        self.lrs, self.decays = one_cycle(recipe.lr, steps).to(device), decays.to(device)

    def shuffle(self, epoch: int) -> None:
        """Give each seed an order of its own for this epoch."""
        for row, seed in zip(self.order, self.task.seeds, strict=True):
            generator = torch.Generator().manual_seed(100_003 * seed + epoch)
            row.copy_(torch.randperm(len(self.views.x), generator=generator)[: len(row)])

    def step(self) -> None:
        """Take one step: a batch, a gradient, new weights, a new average."""
        rows = self.order.index_select(1, self.place % self.steps * self.size + self.reach)
        self.measure_loss(rows.T).sum().backward()  # each seed has weights, and a loss, of its own
        self.lr.copy_(self.lrs.index_select(0, self.place).squeeze())
        self.optimiser.step()
        self.optimiser.zero_grad()
        with torch.no_grad():
            moved = torch._foreach_sub(self.moving, self.average)
            kept = self.decays.index_select(0, self.place).squeeze()
            torch._foreach_mul_(moved, 1 - kept)
            torch._foreach_add_(self.average, moved)
            self.place += 1

    def measure_loss(self, rows: Tensor) -> Tensor:
        """Compare each seed's answers with the labels, and with the teachers' opinion."""
        views, task = self.views, self.task
        x = (views.x if task.augment else views.original)[rows].squeeze(2)  # (N, seeds, 28, 28)
        logits = self.net(x).reshape(-1, 10)  # (N, seeds * 10) -> (N * seeds, 10)
        labels, smooth = views.labels[rows].flatten(), task.recipe.label_smoothing
        loss = F.cross_entropy(logits, labels, label_smoothing=smooth, reduction="none")
        if task.share:
            soft = _divergence(logits, views.opinion[rows].flatten(0, 1), task.temperature)
            loss = (1 - task.share) * loss + task.share * soft
        return loss.unflatten(0, rows.shape).mean(0)

    def capture(self) -> None:
        """Record steps as a CUDA graph; those taken to warm up are taken back."""
        places = [*self.moving, *self.average]
        start = [value.clone() for value in places]
        self.shuffle(0)
        torch.cuda.synchronize()
        with torch.cuda.stream(self.stream):
            for _ in range(3):
                self.step()
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=self.stream):
            for _ in range(AT_ONCE):
                self.step()
        self.reset(places, start)

    def reset(self, places: Sequence[Tensor], start: Sequence[Tensor]) -> None:
        """Go back to the beginning, in the same places of memory."""
        for place, value in zip(places, start, strict=True):
            place.copy_(value)
        for state in self.optimiser.state.values():
            for value in state.values():
                value.zero_()
        self.place.zero_()

    def take_turn(self) -> None:
        """Take a few steps, on a GPU all at once."""
        if self.graph is None:
            for _ in range(AT_ONCE):
                self.step()
        else:
            with torch.cuda.stream(self.stream):
                self.graph.replay()

    def results(self) -> list[nn.Module]:
        """Build a net for each seed, with its averaged weights, in evaluation mode."""
        count, nets = len(self.task.seeds), []
        for number, seed in enumerate(self.task.seeds):
            pairs = zip(self.names, self.average, strict=True)
            net = _seeded(self.task.build, seed)
            parts = {n: v.chunk(count)[number] for n, v in pairs}
            net.load_state_dict(parts, strict=False)  # torch's count of batches stays behind
            nets.append(net.eval().to(self.views.x.device))
        return nets


@functools.cache
def validation_digits() -> Digits:
    """Load MNIST's validation digits, once."""
    return load_mnist().split("validation")


def study_together(
    script: str,
    what: str,
    cases: Iterable[dict],
    task: Callable[..., Task],
    measure: Callable[..., dict],
    epochs: int,
    teachers: Sequence[nn.Module] = (),
) -> None:
    """Train all cases that the result file lacks, side by side; then measure and store each.

    Args:
        task: builds one from a case without its ``seed``; cases that differ in seed are stacked.
    """
    left, seeds = remaining(script, cases), {}
    if "--left" in sys.argv:
        run_study(script, what, left, measure)
        return
    for case in left:
        bare = {name: value for name, value in case.items() if name != "seed"}
        seeds.setdefault(json.dumps(bare), []).append(case["seed"])
    tasks = [replace(task(**json.loads(bare)), seeds=tuple(own)) for bare, own in seeds.items()]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    views = Views(load_mnist().split("train"), device, [net.to(device) for net in teachers])
    trained = iter(train_together(tasks, views, epochs) if tasks else ())
    nets = {
        (bare, seed): net
        for bare in seeds
        for seed, net in zip(seeds[bare], next(trained), strict=True)
    }

    def take(**case: object) -> dict:
        bare = json.dumps({name: value for name, value in case.items() if name != "seed"})
        return measure(nets[bare, case["seed"]], **case)

    run_study(script, what, left, take)


def train_together(tasks: Sequence[Task], views: Views, epochs: int) -> list[list[nn.Module]]:
    """Train every task for as many epochs; give back its nets, one per seed, averaged."""
    stacks = [Stack(task, views, epochs) for task in tasks]
    if views.x.is_cuda:
        views.draw(0)
        for stack in stacks:
            stack.capture()
    for epoch in range(epochs):
        start = time.perf_counter()
        run_epoch(stacks, views, epoch)
        print(f"epoch {epoch + 1} of {epochs}: {time.perf_counter() - start:.1f} s", flush=True)
    return [stack.results() for stack in stacks]


def run_epoch(stacks: Sequence[Stack], views: Views, epoch: int) -> None:
    """Draw new views, and let every stack take the steps of one epoch, in turns."""
    views.draw(epoch)
    for stack in stacks:
        stack.shuffle(epoch)
    wait = torch.cuda.synchronize if views.x.is_cuda else lambda: None
    wait()
    for turn in range(max(stack.steps for stack in stacks) // AT_ONCE):
        for stack in stacks:
            if turn * AT_ONCE < stack.steps:
                stack.take_turn()
    wait()


def one_cycle(lr: float, steps: int) -> Tensor:
    """List the rates of PyTorch's one-cycle schedule."""
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr)
    schedule = OneCycleLR(optimiser, lr, total_steps=steps, cycle_momentum=False)
    rates = [lr / 25]
    for _ in range(steps - 1):
        optimiser.step()
        schedule.step()
        rates.append(schedule.get_last_lr()[0])
    return torch.tensor(rates)


def _divergence(logits: Tensor, opinion: Tensor, temperature: float) -> Tensor:
    wanted = (opinion / temperature).softmax(1)
    found = (logits / temperature).log_softmax(1)
    return temperature**2 * F.kl_div(found, wanted, reduction="none").sum(1)


def _seeded(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return build()


def stack(nets: Sequence[nn.Module]) -> nn.Module:
    """Make one net of many of one shape: each layer holds all their weights, group beside group."""
    count, together = len(nets), copy.deepcopy(nets[0])
    for name, layer in list(together.named_modules()):
        if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d, nn.Linear)):
            _set(together, name, _wider(layer, count))
    states = [net.state_dict() for net in nets]
    for name, place in together.state_dict().items():
        place.copy_(torch.cat([state[name] for state in states]))
    return together


def _wider(layer: nn.Module, count: int) -> nn.Module:
    if isinstance(layer, nn.BatchNorm2d):
        norm = nn.BatchNorm2d(layer.num_features * count)
        norm.num_batches_tracked = None  # nothing asks for it, and it costs a kernel
        return norm
    if isinstance(layer, nn.Linear):
        return _Linears(layer, count)
    if layer.kernel_size == (1, 1) and layer.groups == 1 and layer.bias is None:
        return _Products(layer, count)
    return nn.Conv2d(
        layer.in_channels * count,
        layer.out_channels * count,
        layer.kernel_size,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups * count,
        bias=layer.bias is not None,
    )


class _Products(nn.Module):
    """Pointwise convolutions side by side, as matrix products."""

    def __init__(self, layer: nn.Conv2d, count: int):
        super().__init__()
        self.count, shape = count, (layer.out_channels * count, layer.in_channels, 1, 1)
        self.weight = nn.Parameter(torch.empty(shape))

    def forward(self, x: Tensor) -> Tensor:
        maps = x.unflatten(1, (self.count, -1)).flatten(3)  # (N, nets, C_in, H * W)
        mixed = self.weight.view(self.count, -1, self.weight.shape[1]) @ maps
        return mixed.flatten(1, 2).unflatten(2, x.shape[2:])  # (N, nets * C_out, H, W)


class _Linears(nn.Module):
    """Linear layers side by side."""

    def __init__(self, layer: nn.Linear, count: int):
        super().__init__()
        self.count = count
        self.weight = nn.Parameter(torch.empty(layer.out_features * count, layer.in_features))
        self.bias = nn.Parameter(torch.empty(layer.out_features * count))

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(1, (self.count, -1)).transpose(0, 1)  # (nets, N, in)
        each = self.weight.view(self.count, -1, self.weight.shape[1]).transpose(1, 2)
        return torch.bmm(x, each).transpose(0, 1).flatten(1) + self.bias  # (N, nets * out)


def _set(net: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(net.get_submodule(parent), last, layer)


def _groups(net: nn.Module, decay: float, decay_all: bool) -> list[dict]:
    """Split off the weights that no decay acts on: norms and depthwise kernels."""

    def light(weight: Tensor) -> bool:
        return not decay_all and (weight.ndim == 1 or (weight.ndim == 4 and weight.shape[1] == 1))

    parts = [w for w in net.parameters() if not light(w)], [w for w in net.parameters() if light(w)]
    return [
        {"params": ws, "weight_decay": d} for ws, d in zip(parts, (decay, 0.0), strict=True) if ws
    ]
