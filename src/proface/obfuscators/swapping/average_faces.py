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
"""Of a model face, in pixels."""
MODEL: Points = np.array(
    [[63.9, 63], [127.1, 63], [95.5, 101], [69.5, 133], [121.5, 133]], np.float32
)
"""Eyes, nose and corners of the mouth of a model face."""
FOLDER = Path(__file__).parents[2] / "weights" / "averages"
PICTURES, FACTS = "faces.webp", "faces.json"


@dataclass(frozen=True, eq=False)
class AverageFace:
    """What is put in place of others."""

    pixels: Picture
    """uint8, SIDE x SIDE x 3, RGB: seen from the front, upright."""
    landmarks: Points
    """5 x 2, in its pixels."""


@lru_cache(maxsize=1)
def load() -> tuple[AverageFace, ...]:
    """The faces of nobody.

    Raises:
        ModelError: they are missing or damaged.
    """
    try:
        with Image.open(FOLDER / PICTURES) as strip:
            pixels = np.asarray(strip.convert("RGB"))
        facts = json.loads((FOLDER / FACTS).read_text(encoding="utf-8"))["averages"]
        landmarks = [np.array(each["landmarks"], np.float32).reshape(5, 2) for each in facts]
        faces = pixels.reshape(len(landmarks), SIDE, SIDE, 3)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"the average faces in {FOLDER} are missing or damaged: {error}"
        ) from error
    return tuple(AverageFace(*each) for each in zip(faces, landmarks, strict=True))
