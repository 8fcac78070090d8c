"""Face pictures for training and evaluation: folders, crops, obfuscation, secret keys.

Every sample is a function of (seed, index) alone. Training therefore resumes exactly where it
was killed, whatever the number of loader processes, without saving any generator's state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from .. import obfuscators
from ..arrays import Floats, Picture
from ..errors import OptionError, PictureError
from ..obfuscators import REFERENCE_SIZE

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class FaceSet:
    """A folder of test faces."""

    name: str
    """``celeba``, ``lfw``: the name given by the user, else the folder's name."""
    folder: Path
    crop: float
    """Share of a picture's side that the face takes."""

    @classmethod
    def parse(cls, text: str) -> "FaceSet":
        """From ``NAME=FOLDER:CROP``; ``NAME=`` may be left out.

        Raises:
            OptionError: it is of another form.
        """
        name, _, place = text.rpartition("=")
        folder, _, share = place.rpartition(":")
        try:
            crop = float(share)
        except ValueError:
            crop = 0.0
        if not folder or not 0 < crop <= 1:
            raise OptionError(f"--data is NAME=FOLDER:CROP with a CROP from 0 to 1, not '{text}'")
        return cls(name or Path(folder).name, Path(folder), crop)


def list_pictures(folder: Path) -> list[Path]:
    """The pictures directly in a folder, by name.

    Raises:
        PictureError: there are none.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise PictureError(f"{folder} holds no pictures ({', '.join(sorted(SUFFIXES))})")
    return paths


def load_face(path: Path, crop: float, size: int = REFERENCE_SIZE) -> Picture:
    """The centre of a face picture, resized.

    Args:
        path: a picture, about square.
        crop: share of the shorter side to keep, 0 < crop <= 1.
        size: pixels of the result's side, by Lanczos; 0 for as many as there are.

    Returns:
        uint8, size x size x 3, RGB.

    Raises:
        PictureError: the file is no picture.
    """
    rgb = open_picture(path)
    side = crop * min(rgb.size)
    left, top = (rgb.width - side) / 2, (rgb.height - side) / 2
    box = (left, top, left + side, top + side)
    size = size or round(side)
    return np.asarray(rgb.resize((size, size), Image.Resampling.LANCZOS, box=box))


def load_whole(path: Path) -> Picture:
    """A picture as it is: uint8, H x W x 3, RGB.

    Raises:
        PictureError: the file is no picture.
    """
    return np.asarray(open_picture(path))


def open_picture(path: Path) -> Image.Image:
    """A picture in RGB.

    Raises:
        PictureError: the file is no picture.
    """
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise PictureError(f"{path} cannot be read as a picture ({error})") from error


def to_tensor(pictures: Picture | Floats) -> Tensor:
    """Levels of 255, N x H x W x 3 (or H x W x 3), to float N x 3 x H x W in [-1, 1]."""
    batch = torch.tensor(pictures if pictures.ndim == 4 else pictures[None])
    return batch.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pictures(batch: Tensor) -> Picture:
    """Float N x 3 x H x W in [-1, 1] to uint8 N x H x W x 3, as a saved file would keep it."""
    levels = torch.round((batch.detach().float().clamp(-1, 1) + 1) * 127.5)
    return levels.to(torch.uint8).permute(0, 2, 3, 1).cpu().contiguous().numpy()


def random_key_maps(
    count: int,
    height: int,
    width: int,
    generator: torch.Generator | None = None,
    device: torch.device | None = None,
) -> Tensor:
    """Uniform key maps, count x 1 x height x width in {-1, 1}: what fresh passwords give."""
    bits = torch.randint(0, 2, (count, 1, height, width), generator=generator, device=device)
    return bits.float() * 2 - 1


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


def use_one_thread(*_worker: object) -> None:
    """What each of many processes that make samples does first."""
    cv2.setNumThreads(1)


def is_slow(name: str) -> bool:
    """Whether an obfuscator works beforehand, see `covers`.

    Raises:
        ObfuscatorError: it is unknown.
    """
    return obfuscators.get(name).uses_landmarks


def cover_path(folder: Path, name: str, picture: Path) -> Path:
    """Where the obfuscated copy of a training picture is, in a folder of `covers`."""
    return folder / name / f"{picture.name}.png"


@dataclass(frozen=True)
class TrainingFaces(Dataset[tuple[Tensor, Tensor]]):
    """Endless random (original, obfuscated) crops, square, 3 x H x W in [-1, 1].

    A face is cropped with a little jitter, mirrored half the time, resized to a random size,
    obfuscated as a whole with a random obfuscator at a random strength of its training range,
    and only then cropped, so that the network sees what an obfuscator makes of a whole face. Slow
    obfuscators have been at work beforehand, on the whole picture (`covers`).
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
    covers: Path | None = None
    """Folder of what slow obfuscators made, see `covers.prepare_covers`."""

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        face, hidden = self.crops(index)
        return to_tensor(face)[0], to_tensor(hidden)[0]

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
        if self.covers is not None and is_slow(name):
            covered = load_face(cover_path(self.covers, name, path), crop, side)
            hidden = np.ascontiguousarray(covered[:, ::turn])
        else:
            obfuscator = obfuscators.get(name)
            hidden = obfuscator.apply(face, obfuscator.sample_strength(generator))
        top, left = generator.integers(0, side - size + 1, size=2)
        window = np.s_[top : top + size, left : left + size]
        return face[window], hidden[window]


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
