"""How time grows with a face's pixels and with the number of faces: in proportion, it should be."""

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure

from ...arrays import Picture
from ...faces.boxes import Box
from ...files import images
from ...keys import Key
from ...picture import protection
from ...showcase.demo import SAMPLE
from .timing import Timing, in_turn

SIDES = (64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
COUNTS = (1, 2, 4, 8, 16, 32)
RUNS = 5
"""Of each point; the line through all of them is what counts."""
_FACE = 112
_WINDOW = (slice(0, 240), slice(92, 332))
"""The sample's face."""


def measure() -> dict[str, Any]:
    """Protect, from pixels to pixels, with a key that is there already.

    Returns:
        ``side`` and ``faces``: points of seconds, and the exponent of the power law that fits them
        best; 1 is in proportion to pixels, or to faces.
    """
    key = Key.from_bytes(bytes(32))
    face = images.read(SAMPLE).pixels[_WINDOW]

    def protect_side(side: int) -> object:
        return protection.protect(_resized(face, side), key, faces="whole")

    def protect_faces(count: int) -> object:
        row = np.tile(_resized(face, _FACE), (1, count, 1))
        boxes = [Box(index * _FACE, 0, _FACE - 2, _FACE - 2) for index in range(count)]
        return protection.protect(row, key, faces=boxes)

    sides = in_turn({str(n): partial(protect_side, n) for n in SIDES}, RUNS, warm_up=1)
    counts = in_turn({str(n): partial(protect_faces, n) for n in COUNTS}, RUNS, warm_up=1)
    return {
        "side": _points(sides, [side**2 for side in SIDES]),
        "faces": _points(counts, list(COUNTS)),
    }


def _resized(face: Picture, side: int) -> Picture:
    return np.asarray(cv2.resize(face, (side, side)), np.uint8)


def draw(result: dict[str, Any], out: Path) -> None:
    """Draw both curves; writes a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, name, label in (
        (left, "side", "pixels of the face, millions"),
        (right, "faces", f"faces of {_FACE} x {_FACE} pixels"),
    ):
        points = result[name]["points"]
        amounts = [point["amount"] / (1e6 if name == "side" else 1) for point in points]
        seconds = [point["seconds"] for point in points]
        axes.plot(amounts, seconds, "o-", label="median")
        axes.plot([0, amounts[-1]], [0, seconds[-1]], "--", color="grey", label="in proportion")
        axes.set(xlabel=label, ylabel="seconds", title=f"exponent {result[name]['exponent']:.2f}")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(out, dpi=90)


def _points(timings: dict[str, Timing], amounts: list[int]) -> dict[str, Any]:
    medians = [timing.median for timing in timings.values()]
    # The larger half alone: what small pictures cost is mostly what every call costs.
    half = len(amounts) // 2
    slope, _ = np.polyfit(np.log(amounts[half:]), np.log(medians[half:]), 1)
    points = [
        {
            "amount": amount,
            "seconds": round(timing.median, 4),
            "quartiles": [round(value, 4) for value in timing.quartiles],
        }
        for amount, timing in zip(amounts, timings.values(), strict=True)
    ]
    return {"points": points, "exponent": round(float(slope), 3), "runs": RUNS}
