"""Faces that tests make."""

import numpy as np

from proface.arrays import Picture
from proface.keys import PictureKey

KEY = PictureKey(bytes(range(32))).face(3)
"""Of a face."""


def smooth_face(height: int, width: int, seed: int = 0) -> Picture:
    """Something with a photograph's smoothness and grain: waves of colour, and noise."""
    generator = np.random.default_rng([seed, height, width])
    rows, columns = np.mgrid[:height, :width] / 112
    waves = [
        np.sin(2 * np.pi * (generator.uniform(1, 4) * rows + generator.uniform(1, 4) * columns))
        for _ in range(3)
    ]
    levels = 128 + 60 * np.stack(waves, axis=2) + generator.normal(0, 4, (height, width, 3))
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def noise(height: int, width: int, seed: int = 0) -> Picture:
    """What no codec can shorten."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def psnr(first: Picture, second: Picture) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = np.mean(np.square(first.astype(np.float64) - second))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))
