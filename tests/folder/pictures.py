"""Small pictures to fill folders with, and what a journal says of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from proface.folder import FolderAction, Outcome, Protect, tasks
from proface.folder.marks import KeyedMarks, Marks
from proface.folder.search import JOURNAL_NAME
from proface.folder.session import Given
from proface.folder.staging import place_results
from proface.folder.tasks import Duty, Task
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions

QUICK = Protect(
    ProtectOptions(LookOptions("pixelate"), keeping=KeepingOptions("sealed")), faces="whole"
)
"""Work that takes a twentieth of a second for a small picture: no detector, no network."""
QUICK_OPTIONS = ("--profile", "sealed", "--obfuscator", "pixelate", "--faces", "whole")
"""The same on the command line."""
MARKS = KeyedMarks(bytes(32))


def write_picture(path: Path, seed: int = 0, side: int = 64) -> Path:
    """A smooth picture, another one for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(40, 216, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(path)
    return path


def perform(work: FolderAction, given: Given, task: Task, marks: Marks = MARKS) -> Outcome:
    """All that is done with one file, in this process."""
    outcome = tasks.perform(Duty(work, work.secret(given, None), marks), task)
    if outcome.staged:
        place_results(Path(outcome.staged), task.out, outcome.outputs, task.replaceable, marks)
    return replace(outcome, staged="")


def resumed(task: Task, outcome: Outcome) -> Task:
    """The task as a later run has it from the journal."""
    earlier = Outcome.from_dict(outcome.to_dict())
    return replace(task, earlier=earlier, written=frozenset(earlier.outputs.values()))


def fill(folder: Path, count: int) -> Path:
    """A folder of pictures, every third in a sub-folder."""
    for number in range(count):
        place = folder / "sub" if number % 3 == 2 else folder
        write_picture(place / f"{number:02}.png", number)
    return folder


def journal(out: Path) -> list[dict]:
    """The lines of an output folder's journal that are complete."""
    path = out / JOURNAL_NAME
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def done(out: Path) -> list[dict]:
    """Those of files that were written."""
    return [line for line in journal(out) if line.get("status") == "done"]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and its sub-folders."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
