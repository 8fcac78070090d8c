"""Training faces obfuscated beforehand, where that is too slow to be done at every step.

An obfuscator that goes by landmarks, or is a network of its own, would set the pace of training. So
each picture is obfuscated once, whole, and kept as a file; training crops and scales the copy as it
does the original. Looks differ from picture to picture. Landmarks, which take the most time, are
kept too.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from tqdm import tqdm

from ... import obfuscators
from ...arrays import Landmarks
from ...files.atomic import replacing
from .obfuscation import locate
from .pictures import copy_path, is_slow, load_whole, use_one_thread

LANDMARKS = "landmarks.json"
"""File of the landmarks, x and y of five for each picture by name; null where no face is found."""
_AT_ONCE = 32
_KEEP_EVERY = 500

Points = list[list[float]]
Map = Callable[..., Iterator[Any]]
Result = TypeVar("Result")


@dataclass(frozen=True)
class _CopyTask:
    """A picture to be obfuscated."""

    face_index: int
    picture: Path
    points: Points | None


def prepare_copies(
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
            index
            for index, picture in enumerate(pictures)
            if not copy_path(folder, name, picture).exists()
        ]
        for name in filter(is_slow, names)
    }
    wanted = sorted({index for indices in missing.values() for index in indices})
    if not wanted:
        return
    with _workers(workers) as run:
        points = _landmarks([pictures[index] for index in wanted], folder, run)
        for name, indices in missing.items():
            tasks = [
                _CopyTask(each, pictures[each], points[pictures[each].name]) for each in indices
            ]
            made = run(partial(_obfuscate, name, folder), tasks)
            for _ in _watched(made, f"copies: {name}", len(tasks)):
                pass


@contextmanager
def _workers(count: int) -> Iterator[Map]:
    """A map by so many processes, or by this one if 0; results come in order, as they are made."""
    if not count:
        yield map
        return
    # Forking would copy whatever threads hold.
    pool = ProcessPoolExecutor(count, get_context("spawn"), use_one_thread)
    try:
        yield partial(pool.map, chunksize=_AT_ONCE)
    finally:
        pool.shutdown(cancel_futures=True)


def _landmarks(pictures: Sequence[Path], folder: Path, run: Map) -> dict[str, Points | None]:
    """Those that are kept, and those that are not yet."""
    kept = folder / LANDMARKS
    known: dict[str, Points | None] = json.loads(kept.read_text()) if kept.exists() else {}
    unknown = [picture for picture in pictures if picture.name not in known]
    found = _watched(run(_locate, unknown), "landmarks", len(unknown))
    for count, (picture, points) in enumerate(zip(unknown, found, strict=True), 1):
        known[picture.name] = points
        if count % _KEEP_EVERY == 0 or count == len(unknown):
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(kept) as file:
                file.write(json.dumps(known).encode())
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


def _obfuscate(name: str, folder: Path, task: _CopyTask) -> None:
    """Write the obfuscated copy of a picture."""
    landmarks: Landmarks | None = None
    if task.points is not None:
        landmarks = np.array([task.points], np.float32)
    obfuscator = obfuscators.get(name)
    face = load_whole(task.picture)
    obfuscated = obfuscator.apply(face, landmarks=landmarks, face_index=task.face_index)
    path = copy_path(folder, name, task.picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        Image.fromarray(np.asarray(obfuscated)).save(file, "PNG", compress_level=1)
