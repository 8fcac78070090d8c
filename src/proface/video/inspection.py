"""What a protected clip says of itself, without any secret."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from av.packet import Packet

from ..errors import DamagedPictureError
from ..profile.choice import profiles
from .chain import Chain
from .findings import KINDS, Findings
from .manifest import ClipManifest
from .matching import Matched, matched, read_manifest
from .opening import Opener, check_size
from .reader import Reader

LOOKED_AT = 50
"""Frames whose pixels are compared with the manifest; the others take as long as recovery."""


@dataclass(frozen=True)
class ClipInspection:
    """What a protected clip says of itself."""

    manifest: ClipManifest
    """The header of the manifest: slots with their derivations, and when and by what it was made,
    are in its ``picture``."""
    frames: int | None
    """As far as the file tells."""
    seconds: float | None
    """As far as the file tells."""
    tracks: tuple[int, ...]
    """The tracked faces that come back in the first frames, each of which can be granted."""
    problems: tuple[str, ...]
    """Why it cannot be recovered here as it is; empty if none was seen in the first frames."""


def inspect(source: Path, manifest: Path | None = None) -> ClipInspection:
    """Read the header, and compare the first `LOOKED_AT` frames with their entries.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        VideoError: the clip cannot be read.
    """
    findings = Findings(accepted=True)
    tracks: set[int] = set()
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(source))
        found, lines = read_manifest(source, reader, manifest, stack)
        problems = []
        if found.picture.profile not in profiles():
            problems.append(f"the profile '{found.picture.profile}' is not installed here")
        looked_at = changed = 0
        try:
            check_size(found, reader)
            work = Opener(found, None, None, findings)
            for item in matched(reader, found, lines, Chain(found, None)):
                if isinstance(item, Packet):
                    continue
                before = findings.count(*KINDS)
                work.see(item)
                if not isinstance(item, Matched):
                    continue
                if item.entry is not None:
                    tracks.update(track for face in item.entry.faces for track in face.tracks)
                looked_at += 1
                changed += findings.count(*KINDS) > before
                if looked_at == LOOKED_AT:
                    break
        except DamagedPictureError:
            problems.append("the clip was resized")
        if changed:
            problems.append(
                f"{changed} of the first {looked_at} frames were changed after the clip was "
                "protected"
            )
        problems += filter(None, (findings.first("missing"), findings.first("end")))
        return ClipInspection(
            found, reader.clip.frames, reader.seconds, tuple(sorted(tracks)), tuple(problems)
        )
