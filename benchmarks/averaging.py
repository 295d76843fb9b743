"""Does a moving average of the weights help, and should it start short? Three ways, one run.

    python benchmarks/averaging.py [--seeds 10] [--threads 2]

Averaging changes nothing in the run itself, so each run is followed by both averages at once: the
comparison is within the run. The length of the run is varied; validation digits only.
"""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dsconv_lib.data import load_mnist, random_affine
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import DSNet
from dsconv_lib.studies import arguments, run_study
from dsconv_lib.training import Recipe, fit
from dsconv_lib.training.fit import Answer, moving_average

RULES = {"from the first step": get_ema_multi_avg_fn, "warmed up": moving_average}
EPOCHS = 2, 20


class Followed:
    """A model in training, with the averages that follow it."""

    def __init__(self, steps: int):
        self.kept = min(Recipe().average, 1 - 10 / steps)  # as ``fit`` has it
        self.averages: dict[str, AveragedModel] = {}

    def wrap(self, model: nn.Module) -> Answer:
        """Answer with the model, and let each average take a step first."""
        for name, rule in RULES.items():
            self.averages[name] = AveragedModel(
                model, multi_avg_fn=rule(self.kept), use_buffers=True
            )

        def answer(x: Tensor) -> Tensor:
            self.update(model)
            return model(x)

        return answer

    def update(self, model: nn.Module) -> None:
        """Move each average towards the weights as they are."""
        for average in self.averages.values():
            average.update_parameters(model)


def train_one(epochs: int, seed: int) -> dict:
    """Train one net; measure it as it ends, and both of its averages."""
    train, validation = (load_mnist().split(name) for name in ("train", "validation"))
    recipe = Recipe(epochs=epochs, average=0.0, seed=seed)
    followed = Followed(epochs * (len(train) // recipe.batch_size))
    torch.manual_seed(seed)
    net = DSNet()
    fit(net, train, None, recipe, augment=random_affine, wrap=followed.wrap)
    followed.update(net)
    averages = {name: evaluate(a.module, validation) for name, a in followed.averages.items()}
    return {"none": evaluate(net, validation), **averages}


if __name__ == "__main__":
    chosen = arguments(__doc__, seeds=10)
    cases = [{"epochs": n, "seed": s} for n in EPOCHS for s in range(chosen.seeds)]
    what = "validation accuracy on MNIST of DSNet, with and without a moving average of the weights"
    run_study(__file__, what, cases, train_one)
