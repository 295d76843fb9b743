"""Several processes that train one network: each takes its share of every batch.

``torchrun`` starts the processes and ``join_team`` lets them meet. ``fit(..., wrap=team.unite)``
then trains in each of them: the loop is the one of a single process, around a network that shares
the batches.
"""

import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

SPEAK_OF_PEERS = "gloo", "nccl", "connection", "peer", "timed out"  # in an error's words


class TeamError(ConnectionError):
    """Another process of the team has stopped, or never came; the message names this one."""


@dataclass(frozen=True)
class Team:
    """The processes that train together, as one of them sees it: it is ``rank`` of ``size``.

    Taught in: 09_cost_and_speed.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Tell whether this process is the one that reports."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """Take this process's rows of a batch; all shares together are the batch.

        Example (five digits, two processes):
            >>> [Team(rank, 2).share(torch.arange(5)).tolist() for rank in (0, 1)]
            [[0, 1, 2], [3, 4]]
        """
        if len(batch) < self.size:
            raise ValueError(
                f"a batch of {len(batch)} for {self.size} processes: one each at least"
            )
        return batch.tensor_split(self.size)[self.rank]

    def unite(self, model: nn.Module) -> Callable[[Tensor], Tensor]:
        """Make of a model what answers a whole batch, of which each process computes its share.

        Every process then takes the loss of the whole batch. Backward adds up the gradients, and
        batch normalisation uses the whole batch. The model keeps its weights and their names.
        """
        if self.size == 1:
            return model
        _normalise_together(model)
        # a kernel of 1 x 1 has two names for one layout, and torch warns of the other
        warnings.filterwarnings("ignore", message="Grad strides do not match")
        parallel = DistributedDataParallel(model)

        def answer(x: Tensor) -> Tensor:
            own = parallel(self.share(x))
            rows = self.share(torch.arange(len(x), device=x.device))
            whole = own.new_zeros(len(x), *own.shape[1:]).index_copy(0, rows, own)
            return AllReduce.apply(whole)

        return answer


@contextmanager
def join_team(device: str = "cpu", patience: float = 120) -> Iterator[Team]:
    """Meet the processes that ``torchrun`` started with this one; a team of one without it.

    The processes talk through gloo on a CPU and through NCCL on GPUs, one each. Those of a single
    machine use its loopback alone, so no network is needed and no host name is looked up.

    All but the first draw no progress bars.

    Args:
        patience: how long to wait for the others at any one step [seconds].

    Raises:
        TeamError: another process stopped or did not come in time.
    """
    if "WORLD_SIZE" not in os.environ:
        yield Team()
        return
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        _stay_on_this_machine()
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if rank > 0:
        os.environ["TQDM_DISABLE"] = "1"
    try:
        backend = "nccl" if device == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=timedelta(seconds=patience))
        yield Team(rank, size)
    except RuntimeError as error:  # gloo and NCCL raise no class of their own
        of_peers = any(word in str(error).lower() for word in SPEAK_OF_PEERS)
        if not isinstance(error, dist.DistError) and not of_peers:
            raise
        reason = str(error).splitlines()[0]
        raise TeamError(
            f"process {rank} of {size} lost the others, within {patience:g} s: {reason}"
        ) from error
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


class AllReduce(torch.autograd.Function):
    """Add up a tensor over all processes, and give the sum to each; gradients likewise.

    What one process feeds in reaches the loss of every process, through the sum. So backward adds
    up the gradients of all of them.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx, slope: Tensor) -> Tensor:
        return AllReduce.apply(slope)


class TeamNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose mean and variance are those of the whole team's batch.

    Torch has ``SyncBatchNorm``, for GPUs only; this one runs wherever processes can add up.
    Weights and statistics have the names and values of ``BatchNorm2d``.

    Source: [ioffe2015batch], section 3.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        axes = (0, 2, 3)
        count = x.new_tensor([x.numel() / x.shape[1]])
        sums = AllReduce.apply(torch.cat([x.sum(axes), count]))
        mean, count = sums[:-1] / sums[-1], sums[-1].item()
        centred = x - mean.view(-1, 1, 1)
        variance = AllReduce.apply(centred.square().sum(axes)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        factor = self.weight / (variance + self.eps).sqrt()
        return centred * factor.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


def _normalise_together(model: nn.Module) -> None:
    """Replace every batch normalisation by one of the team, with the very same weights."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                twin = TeamNorm2d(child.num_features, child.eps, child.momentum)
                twin.__dict__.update(child.__dict__)  # shared, so that an optimiser finds them
                setattr(module, name, twin)


def _stay_on_this_machine() -> None:
    """Let the processes of one machine meet without its name, which may not resolve."""
    os.environ["MASTER_ADDR"] = "127.0.0.1"
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    if names:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", names[0])
