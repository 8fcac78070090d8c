"""Training faces obfuscated beforehand, where that is too slow to be done at every step.

An obfuscator that goes by landmarks, or is a network of its own, would set the pace of training. So
each picture is obfuscated once, whole, and kept as a file; training crops and scales the copy as it
does the original. Looks differ from picture to picture. Landmarks, which take the most time, are
kept too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image
from tqdm import tqdm

from ... import obfuscators
from ...arrays import Landmarks
from .obfuscation import locate
from .pictures import cover_path, is_slow, load_whole, use_one_thread

LANDMARKS = "landmarks.json"
"""File of the landmarks, x and y of five for each picture by name; null where no face is found."""
_AT_ONCE = 32
_KEEP_EVERY = 500

Points = list[list[float]]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class _CopyTask:
    """A picture to be covered."""

    number: int
    picture: Path
    points: Points | None


def prepare_covers(
    pictures: Sequence[Path], names: Sequence[str], folder: Path, workers: int = 0
) -> None:
    """Make the copies that are missing; a killed run goes on where it was.

    Args:
        pictures: of the training faces.
        names: of obfuscators; those that are not slow are passed over.
        folder: gets a folder for each of the others.
        workers: processes that work at it beside this one; none if 0.

    Raises:
        ObfuscatorError: an obfuscator is unknown, or lacks something.
        PictureError: a picture cannot be read.
    """
    missing = {
        name: [
            number
            for number, picture in enumerate(pictures)
            if not cover_path(folder, name, picture).exists()
        ]
        for name in filter(is_slow, names)
    }
    wanted = sorted({number for numbers in missing.values() for number in numbers})
    if not wanted:
        return
    with _Workers(workers) as pool:
        points = _landmarks([pictures[number] for number in wanted], folder, pool)
        for name, numbers in missing.items():
            works = [
                _CopyTask(each, pictures[each], points[pictures[each].name]) for each in numbers
            ]
            made = pool.run(partial(_cover, name, folder), works)
            for _ in _watched(made, f"covers: {name}", len(works)):
                pass


class _Workers:
    """Some processes, or only this one."""

    def __init__(self, count: int) -> None:
        # Forking would copy whatever threads hold.
        context = get_context("spawn")
        self._pool = ProcessPoolExecutor(count, context, use_one_thread) if count else None

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def run(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The results of a function on each item, in order, as they come."""
        if self._pool is None:
            return map(function, items)
        return self._pool.map(function, items, chunksize=_AT_ONCE)


def _landmarks(
    pictures: Sequence[Path], folder: Path, workers: _Workers
) -> dict[str, Points | None]:
    """Those that are kept, and those that are not yet."""
    kept = folder / LANDMARKS
    known: dict[str, Points | None] = json.loads(kept.read_text()) if kept.exists() else {}
    unknown = [picture for picture in pictures if picture.name not in known]
    found = _watched(workers.run(_locate, unknown), "landmarks", len(unknown))
    for count, (picture, points) in enumerate(zip(unknown, found, strict=True), 1):
        known[picture.name] = points
        if count % _KEEP_EVERY == 0 or count == len(unknown):
            folder.mkdir(parents=True, exist_ok=True)
            beside = kept.with_suffix(".tmp")
            beside.write_text(json.dumps(known))
            beside.replace(kept)
    return known


def _watched(items: Iterator[Result], label: str, total: int) -> Iterator[Result]:
    """The same, with a bar on a terminal."""
    watched: Iterator[Result] = iter(
        tqdm(items, desc=label, total=total, unit="face", disable=None if total else True)
    )
    return watched


def _locate(picture: Path) -> Points | None:
    found = locate(load_whole(picture))
    return None if found is None else found[0].tolist()


def _cover(name: str, folder: Path, work: _CopyTask) -> None:
    """Obfuscate a picture; write beside, then rename."""
    landmarks: Landmarks | None = None
    if work.points is not None:
        landmarks = np.array([work.points], np.float32)
    obfuscator = obfuscators.get(name)
    face = load_whole(work.picture)
    covered = obfuscator.apply(face, landmarks=landmarks, face_index=work.number)
    path = cover_path(folder, name, work.picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    Image.fromarray(np.asarray(covered)).save(beside, "PNG", compress_level=1)
    beside.replace(path)
