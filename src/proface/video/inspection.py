"""What a protected clip says of itself, without any password."""

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..picture.inspection import digest
from ..profile.choice import profiles
from .manifest import ClipManifest
from .matching import Matched, matched, read_manifest
from .reader import Reader

LOOKED_AT = 50
"""Frames whose pixels are compared with the manifest; the others take as long as recovery."""


@dataclass(frozen=True)
class ClipInspection:
    """What a protected clip says of itself."""

    manifest: ClipManifest
    """The header of the manifest."""
    frames: int | None
    """As far as the file tells."""
    seconds: float | None
    """As far as the file tells."""
    problems: tuple[str, ...]
    """Why it cannot be recovered here as it is; empty if none was seen in the first frames."""


def inspect(source: Path, manifest: Path | None = None) -> ClipInspection:
    """Read the header, and compare the first `LOOKED_AT` frames with their entries.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        VideoError: the clip cannot be read.
    """
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(source))
        found, lines = read_manifest(source, reader, manifest, stack)
        problems = []
        if found.picture.profile not in profiles():
            problems.append(f"the profile '{found.picture.profile}' is not installed here")
        size = found.picture.width, found.picture.height
        if size != (reader.clip.width, reader.clip.height):
            problems.append("the clip was resized")
        else:
            items = (each for each in matched(reader, found, lines) if isinstance(each, Matched))
            looked_at = list(map(_is_sound, islice(items, LOOKED_AT)))
            if not all(looked_at):
                count = looked_at.count(False)
                problems.append(
                    f"{count} of the first {len(looked_at)} frames were changed after the clip was "
                    "protected"
                )
        return ClipInspection(found, reader.clip.frames, reader.seconds, tuple(problems))


def _is_sound(item: Matched) -> bool:
    if item.entry is None or item.moved:
        return False
    pixels = item.frame.pixels
    return all(digest(pixels[face.box.window]) == face.sha256 for face in item.entry.faces)
