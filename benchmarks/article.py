"""Train the article's network, mended, as the article trains: Adam, batch 64, ten epochs.

    python benchmarks/article.py [--seeds 5] [--threads 2]

A third net keeps the places of the second mend, and has fewer weights than the first.
The digits lie in memory, channels last, which changes the time and nothing else. The article trains
on all 60,000 digits; here the 5,000 that the book keeps for validation are left out. Training
accuracy is measured on the training digits, as in the article; the test digits are read once, at
the end.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dsconv_lib.data import load_mnist, to_input
from dsconv_lib.evaluation import evaluate
from dsconv_lib.networks import ArticleNet, count_weights
from dsconv_lib.studies import arguments, run_study

MENDS = {
    "pool to 1 x 1": {"head_size": 1},
    "pool to 7 x 7": {"pool_size": 7},
    "pool to 7 x 7, one map": {"pool_size": 7, "channels": 1},
}


def train_one_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, inputs: Tensor, labels: Tensor
) -> float:
    """Take one step per batch of 64, in random order; return the mean loss of the batches."""
    losses = []
    for rows in torch.randperm(len(inputs)).split(64):  # as DataLoader, the last may be smaller
        loss = F.cross_entropy(model(inputs[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def main() -> None:
    """Measure each mend with each seed."""
    chosen = arguments(__doc__, seeds=5)
    digits = load_mnist()
    train, test = digits.split("train"), digits.split("test")
    inputs = to_input(train.images).contiguous(memory_format=torch.channels_last)

    def measure(mend: str, seed: int) -> dict:
        torch.manual_seed(seed)
        model = ArticleNet(**MENDS[mend]).to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        return {
            "weights": count_weights(model),
            "loss": [train_one_epoch(model, optimizer, inputs, train.labels) for _ in range(10)],
            "train_accuracy": evaluate(model, train),
            "test_accuracy": evaluate(model, test),
        }

    what = (
        "The article's network, mended, trained as the article trains, on MNIST's "
        "55,000 training digits; test accuracy on its 10,000 test digits."
    )
    cases = [{"mend": mend, "seed": seed} for seed in range(chosen.seeds) for mend in MENDS]
    run_study(__file__, what, cases, measure)


if __name__ == "__main__":
    main()
