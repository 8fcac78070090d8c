"""What a process of its own costs: cold start, and peak memory with a very large face."""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ...faces import boxes, detector
from ...files import images
from ...picture.options import DEFAULT_MASK_SCALE
from ...showcase.demo import SAMPLE
from .timing import in_turn

LARGE = (6000, 4000)
"""Width and height of the large photograph, 24 megapixels."""
LARGE_FACE = 3000
"""About the longer side of the region that is protected in it."""
_MAGNIFIED = 1.13
"""The detector sees the magnified face so much smaller than the sample's."""
# A process is said to have needed what the one that started it did, so that a small one starts it.
_LAUNCHER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
_PASSWORD = "correct horse battery staple"  # noqa: S105 - of nothing


def measure() -> dict[str, Any]:
    """Start commands again and again, and protect a photograph of 24 megapixels once.

    Returns:
        ``cold_start``: seconds by command; ``large``: what the photograph took, with the peak
        memory of the process in MiB.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small = folder / "small.png"
        with Image.open(SAMPLE) as sample:
            sample.crop((92, 0, 332, 240)).save(small)
        commands: dict[str, list[str | Path]] = {
            "--version": ["--version"],
            "--help": ["--help"],
            "protect, 240 x 240": ["protect", small, "-o", folder / "p.png", "--overwrite"],
        }
        starts = {name: partial(_run, each) for name, each in commands.items()}
        timings = in_turn(starts, warm_up=1)
        cold = {
            name: [round(value, 3) for value in (timing.median, *timing.quartiles)]
            for name, timing in timings.items()
        }
        picture = folder / "large.png"
        write_large(picture)
        return {"cold_start": cold, "large": _large(picture, folder / "protected.png")}


def write_large(path: Path) -> None:
    """Write the large photograph: the sample's face, magnified."""
    pixels = images.read(SAMPLE).pixels
    height, width = pixels.shape[:2]
    box = boxes.prepare(detector.detect(pixels), height, width, DEFAULT_MASK_SCALE)[0]
    scale = _MAGNIFIED * LARGE_FACE / max(box.width, box.height)
    wide, high = (side / scale for side in LARGE)
    left = min(max(0.0, box.x + box.width / 2 - wide / 2), width - wide)
    top = min(max(0.0, box.y + box.height / 2 - high / 2), height - high)
    window = (left, top, left + wide, top + high)
    image = Image.fromarray(pixels).resize(LARGE, Image.Resampling.BICUBIC, window)
    image.save(path, compress_level=1)


def _large(picture: Path, out: Path) -> dict[str, Any]:
    began = time.perf_counter()
    text, peak = _run(["protect", picture, "-o", out, "--json"], measured=True)
    said = json.loads(text)
    sides = [max(face["width"], face["height"]) for face in said["faces"]]
    return {
        "width": LARGE[0],
        "height": LARGE[1],
        "largest_face": max(sides),
        "provider": said["provider"],
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mib": peak,
    }


def _run(arguments: list[str | Path], measured: bool = False) -> tuple[str, int | None]:
    """Run the command line; what it said, and its peak memory in MiB if it is to be measured."""
    ours = [sys.executable, "-m", "proface", *map(str, arguments)]
    launcher = [sys.executable, "-c", _LAUNCHER] if measured and sys.platform != "win32" else []
    done = subprocess.run(  # noqa: S603 - ourselves
        [*launcher, *ours],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PROFACE_PASSWORD": _PASSWORD},
    )
    if done.returncode:
        raise RuntimeError(f"proface {arguments[0]} failed with exit code {done.returncode}")
    if not launcher:
        return done.stdout, None
    *lines, peak = done.stdout.splitlines()
    return "\n".join(lines), round(int(peak) / (2**20 if sys.platform == "darwin" else 2**10))
