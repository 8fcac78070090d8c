"""Whole photographs: where the time of ``proface protect`` goes, in turn on every runtime."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...files import images
from ...files.images import MAX_PIXELS
from ...inference import engines
from ...keys import Key
from ...picture import protection
from ...timing import Stopwatch
from ..data.pictures import list_pictures
from .timing import in_turn

COUNT = 12
_PASSWORD = "correct horse battery staple"  # noqa: S105 - of nothing
_INSIDE = ("detect", "network")
"""Stages that the machine's arithmetic limits; key derivation is meant to cost what it costs."""


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Protect the largest photographs of a folder ``rounds`` times on each runtime, and save them.

    Returns:
        ``key_derivation_seconds``, and for each runtime a row for each photograph with seconds in
        all and by stage, the shares of all stages together, and ``outside``, the share that is
        neither detection nor network.
    """
    derive = in_turn({"argon2id": lambda: Key.derive(_PASSWORD)})["argon2id"]
    paths = largest(folder, COUNT)
    names = [name for name in ("cpu", "openvino") if name in engines.available()]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "protected.png"
        for name in names:  # so that every model is loaded, and each runtime awake
            _protect(paths[-1], out, name)
        for path in paths:
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
            for _ in range(rounds):
                for name in names:
                    runs[name].append(_protect(path, out, name))
            for name in names:
                rows[name].append(_median(runs[name]))
    return {
        "key_derivation_seconds": round(derive.median, 3),
        "rounds": rounds,
        "runtimes": {name: _summary(each) for name, each in rows.items()},
    }


def largest(folder: Path, count: int) -> list[Path]:
    """The pictures of a folder with the most pixels, the largest first."""

    def pixels(path: Path) -> int:
        with Image.open(path) as image:
            return image.width * image.height

    sized = [(pixels(path), path) for path in list_pictures(folder)]
    fitting = sorted((each for each in sized if each[0] <= MAX_PIXELS), reverse=True)
    return [path for _, path in fitting[:count]]


def _protect(path: Path, out: Path, provider: str) -> dict[str, Any]:
    """One run: the password's key is derived in it, as on the command line."""
    began = time.perf_counter()
    with Stopwatch() as watch:
        done = protection.protect(path, _PASSWORD, providers=[provider])
        done.save(out, overwrite=True)
    seconds = time.perf_counter() - began
    height, width = images.read(path).pixels.shape[:2]
    sides = [max(face.width, face.height) for face in done.faces]
    return {
        "megapixels": round(height * width / 1e6, 1),
        "faces": len(sides),
        "largest_face": max(sides),
        "seconds": seconds,
        "stages": watch.seconds,
    }


def _median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    middle = sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]
    stages = {name: round(value, 3) for name, value in middle["stages"].items()}
    return middle | {"seconds": round(middle["seconds"], 3), "stages": stages}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    total = float(np.sum([row["seconds"] for row in rows]))
    names = sorted({name for row in rows for name in row["stages"]})
    shares = {
        name: round(sum(row["stages"].get(name, 0.0) for row in rows) / total, 3) for name in names
    }
    outside = 1 - sum(shares.get(name, 0.0) for name in _INSIDE)
    return {
        "photographs": rows,
        "seconds": round(total, 1),
        "shares": shares,
        "outside": round(outside, 3),
    }
