"""One case after another: damage a file, use it, and see what comes."""

import faulthandler
import random
import shutil
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

import proface
from proface import ProfaceError, video
from proface.files import images
from proface.keys.recipients import encrypt

from . import mutations
from .samples import BOX, IDENTITY, KEY, SEALED, Sample, samples

SLOWEST = 60.0
"""Seconds of a case; the files are tiny."""


@dataclass(frozen=True)
class Failure:
    """A case that ended with anything but success or a `ProfaceError`."""

    seed: int
    file: Path
    """The damaged file, kept."""
    error: str
    """A traceback, or that it took too long."""


def case(seed: int) -> Sample:
    """The damaged file of a seed: the same on every machine that makes the same good files."""
    rng = random.Random(seed)
    kind = rng.choice(
        ("picture", "picture", "manifest", "manifest", "grant", "clip", "clip-manifest")
    )
    sample = rng.choice([each for each in samples() if each.kind == kind])
    data = sample.data
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        text = "manifest" in kind or kind == "grant"
        mutation = rng.choice(mutations.TEXT if text else mutations.BYTES)
        data = mutation(data, rng) if len(data) > 16 else data
    return Sample(kind, sample.name, data, sample.companion)


def use(sample: Sample, folder: Path) -> None:
    """Do with a file what users do.

    Raises:
        ProfaceError: it is refused, which is right.
        Exception: anything else, which is wrong.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / sample.name
    file.write_bytes(sample.data)
    beside = folder / f"companion{'.mkv' if 'clip' in sample.kind else '.png'}"
    beside.write_bytes(sample.companion)
    steps = {
        "picture": (
            lambda: images.read(file),
            lambda: proface.protect(file, KEY, profile="sealed", carrier="file", faces=[BOX]),
            lambda: proface.inspect(file),
            lambda: proface.recover(file, KEY, accept_damage=True),
            lambda: proface.recover(file, IDENTITY, accept_damage=True),
            lambda: proface.verify(file, IDENTITY),
        ),
        "manifest": (
            lambda: proface.inspect(beside, file),
            lambda: proface.recover(beside, KEY, manifest=file, accept_damage=True),
            lambda: proface.verify(beside, IDENTITY, manifest=file),
            lambda: proface.verify(beside, manifest=file),
        ),
        "grant": (
            lambda: proface.recover(beside, granted(file), accept_damage=True),
            lambda: proface.verify(beside, granted(file)),
        ),
        "clip": (
            lambda: video.inspect(file),
            lambda: video.protect(file, folder / "out.mkv", KEY, SEALED, faces="whole"),
            lambda: video.recover(file, folder / "back.mkv", KEY, accept_damage=True),
        ),
        "clip-manifest": (
            lambda: video.inspect(beside, file),
            lambda: video.recover(
                beside, folder / "back.mkv", KEY, manifest=file, accept_damage=True
            ),
        ),
    }
    refused = None
    for step in steps[sample.kind]:
        try:
            step()
        except ProfaceError as error:  # the other steps must bear the file too
            refused = error
    if refused:
        raise refused


def granted(file: Path) -> proface.Grant:
    """What is in a file, as a grant for the identity."""
    return proface.Grant.open(encrypt(file.read_bytes(), IDENTITY.recipients), IDENTITY)


def attempt(seed: int, sample: Sample, folder: Path) -> Failure | None:
    """Use a file; where that fails, it is kept in the folder.

    If the process itself dies, what it had in hand is in ``at-work`` there.
    """
    faulthandler.enable()
    at_work = folder / "at-work"
    began = time.monotonic()
    error = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of files that are odd and can be read
            use(sample, at_work)
    except ProfaceError as refusal:
        if not str(refusal):
            error = f"{type(refusal).__name__} without a message"
    except Exception:
        error = traceback.format_exc()
    if not error and time.monotonic() - began > SLOWEST:
        error = f"it took {time.monotonic() - began:.0f} seconds"
    if not error:
        return None
    kept = folder / f"{seed}-{sample.name}"
    kept.write_bytes(sample.data)
    if sample.companion:
        kept.with_name(f"{kept.name}.companion").write_bytes(sample.companion)
    return Failure(seed, kept, error)
