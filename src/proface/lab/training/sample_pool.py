"""Training samples made beforehand, on all cores, and kept where training draws from them.

A GPU takes more samples in a second than cores can decode and obfuscate. So some ten thousand
crops are made once; every step draws a batch of them, mirrors each or not, and keys it anew.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from ..data.pictures import to_tensor
from .payloads import deviations, residual_payload
from .samples import TrainingFaces, loader_of

_AT_ONCE = 64


@dataclass(frozen=True)
class Samples(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Crops in levels of 255, uint8, 3 x H x W, and the deviation of the payload between them."""

    faces: TrainingFaces

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        original, obfuscated = self.faces.crops(index)
        payload = residual_payload(to_tensor(original), to_tensor(obfuscated))
        pictures = (torch.tensor(each).permute(2, 0, 1) for each in (original, obfuscated))
        return *pictures, deviations(payload)[0]  # type: ignore[return-value]


@dataclass(frozen=True)
class SamplePool:
    """Samples of one size on one device."""

    original: Tensor
    """N x 3 x H x W, uint8."""
    obfuscated: Tensor
    deviation: Tensor
    """Of the hardened flow's payloads, N."""

    @classmethod
    def make(
        cls, faces: TrainingFaces, size: int, count: int, workers: int, device: torch.device
    ) -> "SamplePool":
        """The first samples of a dataset, of one of its sizes; ``workers`` may be 0, for none."""
        samples = Samples(replace(faces, sizes=(size,)))
        loader = loader_of(samples, _AT_ONCE, range(count), workers)
        pictures = torch.empty((2, count, 3, size, size), dtype=torch.uint8, device=device)
        deviation = torch.empty(count, device=device)
        start = 0
        for original, obfuscated, strengths in tqdm(loader, desc=f"pool: {size}", disable=None):
            end = start + len(strengths)
            pictures[0, start:end], pictures[1, start:end] = original, obfuscated
            deviation[start:end] = strengths
            start = end
        return cls(pictures[0], pictures[1], deviation)

    def draw(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Random samples, each mirrored or not; pictures in [-1, 1], channels last."""
        device = self.deviation.device
        chosen = torch.randint(len(self.deviation), (count,), device=device)
        mirrored = torch.randint(2, (count, 1, 1, 1), device=device).bool()
        original, obfuscated = (
            _placed(torch.where(mirrored, some.flip(-1), some))
            for some in (self.original[chosen], self.obfuscated[chosen])
        )
        return original, obfuscated, self.deviation[chosen]


def _placed(levels: Tensor) -> Tensor:
    return (levels.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
