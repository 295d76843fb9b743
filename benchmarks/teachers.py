"""Train three wide DSNets, whose opinion the small nets of the frontier learn from.

    python benchmarks/teachers.py [--seeds 3] [--threads 2]

They see MNIST's 55,000 training digits, never those for validation or test, and are stored in
`benchmarks/weights/teachers`.
"""

from functools import partial
from pathlib import Path

from lockstep import Task, study_together, validation_digits
from torch import nn

from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet, count_weights, load_net, save_net
from dsconv_lib.studies import arguments
from dsconv_lib.training import Recipe

NETS = Path(__file__).parent / "weights" / "teachers"
SHAPE = {"dilations": (1, 2, 1, 1, 2, 1), "head_kernel": 7}
EPOCHS = 20


def task(width: int, lr: float) -> Task:
    """Describe one teacher."""
    return Task(partial(DSNet, width, **SHAPE), Recipe(lr=lr))


def measure(net: nn.Module, /, width: int, lr: float, seed: int) -> dict:
    """Store one teacher; measure it on the validation digits."""
    validation = evaluate(net, validation_digits())
    NETS.mkdir(parents=True, exist_ok=True)
    save_net(net.cpu(), NETS / f"seed{seed}.pt")
    return {"epochs": EPOCHS, "weights": count_weights(net), "validation": validation}


def load_teachers() -> list[nn.Module]:
    """Read the stored teachers.

    Raises:
        FileNotFoundError: there are none yet.
    """
    files = sorted(NETS.glob("*.pt"))
    if not files:
        raise FileNotFoundError(f"no teachers in {NETS}: run `python benchmarks/teachers.py` first")
    return [load_net(file) for file in files]


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=3)
    cases = [{"width": 40, "lr": 0.01, "seed": seed} for seed in range(chosen.seeds)]
    what = f"validation accuracy on MNIST of the frontier's teachers, {EPOCHS} epochs, augmented"
    study_together(__file__, what, cases, task, measure, EPOCHS)
