"""Face pictures for training and evaluation: folders, crops, obfuscation, secret keys.

Every sample is a function of (seed, index) alone. Training therefore resumes exactly where it
was killed, whatever the number of loader processes, without saving any generator's state.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ... import obfuscators
from ...arrays import Floats, Picture
from ...errors import OptionError, PictureError
from ...obfuscators import REFERENCE_SIZE

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
    """The centre of a face picture, uint8, size x size x 3, RGB, resized by Lanczos.

    ``crop`` is the share of the shorter side to keep, 0 < crop <= 1; size 0 keeps its pixels.

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


def use_one_thread(*_worker: object) -> None:
    """What each of many processes that make samples does first."""
    cv2.setNumThreads(1)


def is_slow(name: str) -> bool:
    """Whether an obfuscator works beforehand, see `obfuscated_copies`.

    Raises:
        ObfuscatorError: it is unknown.
    """
    return obfuscators.get(name).uses_landmarks


def copy_path(folder: Path, name: str, picture: Path) -> Path:
    """Where the obfuscated copy of a training picture is, in the folder of `obfuscated_copies`."""
    return folder / name / f"{picture.name}.png"
