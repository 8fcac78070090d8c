"""The shipped average faces: where they are, and where they have their features."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from ...arrays import Picture
from ...errors import ModelError
from .warp import Points

SIDE = 192
"""Side of a model face, in pixels."""
MODEL: Points = np.array(
    [[63.9, 63], [127.1, 63], [95.5, 101], [69.5, 133], [121.5, 133]], np.float32
)
"""Where a model face has eyes, nose and corners of the mouth: 5 x 2, in its pixels."""
FOLDER = Path(__file__).parents[2] / "weights" / "averages"
PICTURES_FILE, LANDMARKS_FILE = "faces.webp", "faces.json"


@dataclass(frozen=True, eq=False)
class SourceFace:
    """A face that is put in place of others."""

    pixels: Picture
    """uint8, H x W x 3, RGB."""
    landmarks: Points
    """5 x 2 of (x, y), in its pixels."""


@lru_cache(maxsize=1)
def load() -> tuple[SourceFace, ...]:
    """The faces of nobody: SIDE x SIDE pixels each, upright, seen from the front.

    Raises:
        ModelError: they are missing or damaged.
    """
    try:
        with Image.open(FOLDER / PICTURES_FILE) as strip:
            pixels = np.asarray(strip.convert("RGB"))
        averages = json.loads((FOLDER / LANDMARKS_FILE).read_text(encoding="utf-8"))["averages"]
        landmarks = [np.array(each["landmarks"], np.float32).reshape(5, 2) for each in averages]
        faces = pixels.reshape(len(landmarks), SIDE, SIDE, 3)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"the average faces in {FOLDER} are missing or damaged: {error}"
        raise ModelError(reason) from error
    return tuple(map(SourceFace, faces, landmarks))
