"""One training process among several, as torchrun starts them; or the only one."""

import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Process:
    """Rank, device and precision of this process."""

    rank: int
    ranks: int
    device: torch.device
    bfloat16: bool
    """Whether the processor or GPU multiplies bfloat16 faster than float32."""

    @classmethod
    def join(cls) -> "Process":
        """Read torchrun's variables and join the group, if there is one."""
        rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        cuda = torch.cuda.is_available()
        if cuda:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(device)
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            device = torch.device("cpu")
            fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
        if ranks > 1:
            torch.distributed.init_process_group("nccl" if cuda else "gloo")
        return cls(rank, ranks, device, fast)

    @property
    def first(self) -> bool:
        """Whether this is the process that logs and saves."""
        return self.rank == 0

    def average_gradients(self, module: nn.Module) -> None:
        """Replace the gradients by their means over all processes, each of which must call this.

        One reduction does for a network of a million weights. `DistributedDataParallel` would hide
        its time behind the backward pass, but keeps the group's threads alive after `leave`; one
        of them then sometimes aborted the process while the interpreter shut down.
        """
        if self.ranks == 1:
            return
        gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        means = torch.split(flat / self.ranks, [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def share(self, batch: Tensor) -> Tensor:
        """This process's part of what was drawn alike in all of them, along the first axis."""
        size = len(batch) // self.ranks
        return batch[self.rank * size : (self.rank + 1) * size]

    def mean(self, figures: dict[str, float]) -> dict[str, float]:
        """The means of figures over all processes, each of which must call this."""
        if self.ranks == 1:
            return figures
        values = torch.tensor(list(figures.values()), device=self.device)
        torch.distributed.all_reduce(values)
        return dict(zip(figures, (values / self.ranks).tolist(), strict=True))

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.ranks > 1:
            torch.distributed.barrier()

    def leave(self) -> None:
        """Wait for the others, leave the group, and end its threads."""
        if self.ranks > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()
