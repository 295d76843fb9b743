"""Which learning rate suits each net of the ablation? Five nets, seven rates, short runs.

    python benchmarks/rates.py [--seeds 2] [--threads 2]

Four augmented epochs each, measured on the validation digits. The seeds, from 100 upward, belong to
this choice alone.
"""

import torch
from ablation import HIGHER, NETS, RATES, build

from dsconv_lib.data import load_mnist, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit

EPOCHS = 4


def train_one(net: str, lr: float, seed: int) -> dict:
    """Train one net by seed; measure it on the validation digits."""
    train, validation = (load_mnist().split(name) for name in ("train", "validation"))
    torch.manual_seed(seed)
    model = build(net)
    recipe = Recipe(epochs=EPOCHS, lr=lr, seed=seed)
    fit(model, train, None, recipe, augment=random_affine)
    return {"epochs": EPOCHS, "validation": evaluate(model, validation)}


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=2)
    seeds = range(100, 100 + chosen.seeds)
    cases = [
        {"net": net, "lr": lr, "seed": s} for s in seeds for net in NETS for lr in (*RATES, *HIGHER)
    ]
    what = f"validation accuracy on MNIST after {EPOCHS} epochs, five nets at seven learning rates"
    run_study(__file__, what, cases, train_one)
