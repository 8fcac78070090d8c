"""Parts of a manifest, and how its JSON is written."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .. import __version__
from ..errors import ManifestError
from ..faces.boxes import MAX_FACES, Box
from .json_fields import MAX_CHARACTERS, MAX_INTEGER, refuse
from .slots_json import to_base64

DIGEST_BYTES = 32
FACE_KEYS = ("x", "y", "width", "height", "members", "sha256", "commitment")
"""Names of a face's fields that every profile has."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_VERSION_TEXT = re.compile(r"[0-9A-Za-z.+-]{1,40}")


@dataclass(frozen=True)
class FaceEntry:
    """One protected region.

    Raises:
        ManifestError: a digest is malformed, or an extra entry is neither string nor integer or
            takes the name of another field.
    """

    box: Box
    sha256: str
    """Of the protected region's RGB bytes, row by row: 64 lower-case hexadecimal digits."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What else a profile keeps for a face: strings and 64-bit integers."""
    members: int = 1
    """How many faces the region holds; they are opened together."""
    commitment: bytes = b""
    """32 bytes that fit one face key alone; none with the paper's profiles."""

    def __post_init__(self) -> None:
        if not is_sha256(self.sha256):
            refuse("sha256", self.sha256, "64 lower-case hexadecimal digits")
        if type(self.members) is not int or not 1 <= self.members <= MAX_FACES:
            refuse("members", self.members, f"an integer from 1 to {MAX_FACES}")
        if len(self.commitment) not in (0, DIGEST_BYTES):
            refuse("commitment", f"{len(self.commitment)} bytes", f"{DIGEST_BYTES}")
        for name, value in self.extra.items():
            if not isinstance(name, str) or name in FACE_KEYS:
                refuse("a face's extra key", name, "a string that no other field has")
            if not isinstance(value, str) and not (
                type(value) is int and abs(value) <= MAX_INTEGER
            ):
                refuse(name, value, "a string or a 64-bit integer")


@dataclass(frozen=True)
class Made:
    """When and by what a picture was protected.

    Raises:
        ManifestError: the time is none in UTC, or the version is no version.
    """

    time: str
    """UTC, such as ``2026-11-27T09:30:00Z``, by the clock of the machine."""
    version: str
    """Of proface."""

    def __post_init__(self) -> None:
        try:
            if not _TIME.fullmatch(self.time):
                raise ValueError(self.time)
            datetime.fromisoformat(self.time)
        except (TypeError, ValueError):
            refuse("made.time", self.time, "a time such as 2026-11-27T09:30:00Z")
        if not isinstance(self.version, str) or not _VERSION_TEXT.fullmatch(self.version):
            refuse("made.version", self.version, "a version")

    @classmethod
    def now(cls) -> "Made":
        """At this moment, by this version."""
        return cls(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), __version__)


def face_content(face: FaceEntry, with_commitment: bool = True) -> dict[str, object]:
    """A face as JSON has it."""
    box = face.box
    content: dict[str, object] = {
        "x": box.x,
        "y": box.y,
        "width": box.width,
        "height": box.height,
        "members": face.members,
        "sha256": face.sha256,
        **face.extra,
    }
    if face.commitment and with_commitment:
        content["commitment"] = to_base64(face.commitment)
    return content


def canonical(content: Mapping[str, object]) -> bytes:
    """JSON that is the same for the same content: names sorted, no blanks, ASCII."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False, sort_keys=True).encode()


def dump(content: Mapping[str, object], what: str) -> str:
    """JSON on one line, in the order of the content.

    Args:
        content: at most `MAX_CHARACTERS` when written.
        what: it is, for the message.

    Raises:
        ManifestError: it is longer.
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    if len(text) > MAX_CHARACTERS:
        raise ManifestError(
            f"{what} would have {len(text)} characters; {MAX_CHARACTERS} are allowed"
        )
    return text


def is_sha256(text: object) -> bool:
    """Whether a value is 64 lower-case hexadecimal digits."""
    return isinstance(text, str) and bool(_SHA256.fullmatch(text))
