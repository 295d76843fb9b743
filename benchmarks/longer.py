"""The five nets of the ablation, trained longer, each at its own learning rate.

    python benchmarks/longer.py [--seeds 10] [--threads 2]

All see the same augmented digits; `rates.py` found the rates. Measured on validation digits.
"""

from functools import partial

from ablation import build
from lockstep import Task, study_together, validation_digits
from torch import nn
from torchinfo import summary

from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import count_weights
from dsconv_lib.studies import arguments
from dsconv_lib.training import Recipe

EPOCHS = 20
RATES = {
    "separable, dilated": (0.008,),
    "separable": (0.06, 0.12),
    "dense, dilated": (0.03,),
    "dense": (0.03,),
    "dense, as many weights": (0.06, 0.12),
}


def task(net: str, lr: float) -> Task:
    """Describe the training of one net at one peak of the rate."""
    return Task(partial(build, net), Recipe(lr=lr))


def measure(trained: nn.Module, /, **case: object) -> dict:
    """Measure a trained net on the validation digits."""
    return {
        "epochs": EPOCHS,
        "weights": count_weights(trained),
        "macs": summary(trained, (1, 1, 28, 28), verbose=0).total_mult_adds,
        "validation": evaluate(trained, validation_digits()),
    }


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=10)
    pairs = [(net, lr) for net, lrs in RATES.items() for lr in lrs]
    cases = [{"net": n, "lr": lr, "seed": seed} for n, lr in pairs for seed in range(chosen.seeds)]
    what = f"validation accuracy on MNIST after {EPOCHS} epochs, separable or dense, dilated or not"
    study_together(__file__, what, cases, task, measure, EPOCHS)
