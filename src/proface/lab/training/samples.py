"""What a training step sees: faces cropped, flipped, obfuscated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ... import obfuscators
from ...arrays import Picture
from ..data import paper_strengths
from ..data.pictures import copy_path, is_slow, load_face, to_tensor, use_one_thread


def loader_of(
    samples: Dataset[Any], batch: int, order: Iterable[int], workers: int
) -> DataLoader[Any]:
    """Batches of samples in a given order, made by some processes, or by this one if 0.

    Processes are spawned: a forked one may wait forever for what other threads held.
    """
    return DataLoader(
        samples,
        batch,
        sampler=order,
        num_workers=workers,
        worker_init_fn=use_one_thread,
        multiprocessing_context="spawn" if workers else None,
    )


@dataclass(frozen=True)
class TrainingFaces(Dataset[tuple[Tensor, Tensor]]):
    """Endless random (original, obfuscated) crops, square, 3 x H x W in [-1, 1].

    A face is cropped with a little jitter, mirrored half the time, resized to a random size,
    obfuscated as a whole with a random obfuscator at a random strength of its training range,
    and only then cropped, so that the network sees what an obfuscator makes of a whole face. Slow
    obfuscators have been at work beforehand, on the whole picture (`data.obfuscated_copies`).
    """

    paths: Sequence[Path]
    obfuscator_names: Sequence[str]
    crop: float
    """Share of the picture's side that the face takes."""
    sizes: tuple[int, ...]
    """Sides of the crops in pixels; batches take them in turn."""
    batch: int
    """Samples that share a size."""
    face_sizes: tuple[int, int]
    """Smallest and largest side of a whole face, in pixels; drawn log-uniformly, and no smaller
    than the crop."""
    seed: int
    copies: Path | None = None
    """Folder of what slow obfuscators made, see `obfuscated_copies.prepare_copies`."""

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        face, obfuscated = self.crops(index)
        return to_tensor(face)[0], to_tensor(obfuscated)[0]

    def crops(self, index: int) -> tuple[Picture, Picture]:
        """A sample in levels of 255: original and obfuscated, size x size x 3."""
        epoch, position = divmod(index, len(self.paths))
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.paths))
        generator = np.random.default_rng([self.seed, 1, index])
        crop = min(1.0, self.crop * generator.uniform(0.85, 1.1))
        size = self.sizes[index // self.batch % len(self.sizes)]
        smallest, largest = max(size, self.face_sizes[0]), self.face_sizes[1]
        side = round(smallest * (largest / smallest) ** generator.random())
        path = self.paths[int(order[position])]
        turn = -1 if generator.random() < 0.5 else 1
        face = np.ascontiguousarray(load_face(path, crop, side)[:, ::turn])
        name = self.obfuscator_names[int(generator.integers(len(self.obfuscator_names)))]
        if self.copies is not None and is_slow(name):
            copy = load_face(copy_path(self.copies, name, path), crop, side)
            obfuscated = np.ascontiguousarray(copy[:, ::turn])
        else:
            strength = paper_strengths.sample_strength(name, generator)
            obfuscated = obfuscators.get(name).apply(face, strength)
        top, left = generator.integers(0, side - size + 1, size=2)
        window = np.s_[top : top + size, left : left + size]
        return face[window], obfuscated[window]


@dataclass(frozen=True)
class Stretch(Sampler[int]):
    """Sample indices of steps ``start`` to ``stop`` for one of ``ranks`` processes, in order."""

    start: int
    stop: int
    batch: int
    """Samples per step over all processes; divisible by ``ranks``."""
    rank: int = 0
    ranks: int = 1

    def __len__(self) -> int:
        return (self.stop - self.start) * self.batch // self.ranks

    def __iter__(self) -> Iterator[int]:
        share = self.batch // self.ranks
        for step in range(self.start, self.stop):
            first = step * self.batch + self.rank * share
            yield from range(first, first + share)
