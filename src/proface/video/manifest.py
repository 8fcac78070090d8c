"""What recovering a clip needs besides the password: a header, and an entry for each frame.

The header is a small JSON object, of which the part ``picture`` is a picture's manifest without
its faces. An entry is one line of JSON. So both can be written while a clip of any length is on
its way, read in bounded memory, and what was written before a cut is of use. Either may come from
anyone.
"""

import base64
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from ..errors import BoxError, ManifestError
from ..faces.boxes import MAX_FACES, Box
from ..files.json_fields import MAX_INTEGER, member, parse, refuse
from ..files.manifest import FaceEntry, Manifest
from ..keys import Key
from ..picture import results

VERSION = 1
"""The version that is written, and the only one that is read."""

MAX_KEY_FRAMES = 2**16
"""Faces come back in every so manieth frame at the least: every 18 minutes, at 60 a second."""

_ASSOCIATED = b"proface/clip/v1\0"
_NO_DIGEST = "0" * 64
_MAX_NUMBER = 2**53


@dataclass(frozen=True)
class FrameEntry:
    """One frame.

    Raises:
        ManifestError: a number is out of bounds, or there are too many faces.
    """

    number: int
    """From 0, in the protected clip."""
    pts: int
    """In the source's time base; negative where the source's is."""
    faces: tuple[FaceEntry, ...] = ()
    """That come back."""
    plain: tuple[Box, ...] = ()
    """That are obfuscated and nothing more."""

    def __post_init__(self) -> None:
        if type(self.number) is not int or not 0 <= self.number < _MAX_NUMBER:
            refuse("n", self.number, f"an integer from 0 to {_MAX_NUMBER - 1}")
        if type(self.pts) is not int or abs(self.pts) > MAX_INTEGER:
            refuse("pts", self.pts, "a 64-bit integer")
        for name, items in (("faces", self.faces), ("plain", self.plain)):
            if len(items) > MAX_FACES:
                refuse(f"number of {name}", len(items), f"at most {MAX_FACES}")

    def to_json(self) -> str:
        """One line of ASCII JSON, which `from_json` reads."""
        content: dict[str, object] = {"n": self.number, "pts": self.pts}
        if self.faces:
            content["faces"] = [
                [*_numbers(face.box), _to_base64(face.sha256), dict(face.extra)]
                for face in self.faces
            ]
        if self.plain:
            content["plain"] = [_numbers(box) for box in self.plain]
        return json.dumps(content, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "FrameEntry":
        """An entry from its line.

        Raises:
            ManifestError: it is too long, no JSON, or a field is missing or wrong.
        """
        content = parse(text)
        number, pts = member(content, "n", int), member(content, "pts", int)
        try:
            faces = tuple(_face(each) for each in _list(content, "faces"))
            plain = tuple(_box(each) for each in _list(content, "plain"))
        except (BoxError, ManifestError) as error:
            raise ManifestError(f"frame {str(number)[:20]}: {error}") from error
        return cls(number, pts, faces, plain)


@dataclass(frozen=True)
class ClipManifest:
    """The header.

    Raises:
        ManifestError: a field is out of bounds; the message names it.
    """

    picture: Manifest
    """What is the same for all frames. Its one face stands for those of the frames."""
    time_base: Fraction
    """Seconds of one unit of `FrameEntry.pts`."""
    origin: Fraction = Fraction(0)
    """Seconds of the source's time at which the protected clip begins to count."""
    key_frames: int = 1
    """Faces come back in every so manieth frame."""

    def __post_init__(self) -> None:
        if not 0 < self.time_base <= 1000:
            refuse("time_base", str(self.time_base), "more than 0, at most 1000")
        if abs(self.origin) > MAX_INTEGER:
            refuse("origin", str(self.origin), "a time in seconds")
        if type(self.key_frames) is not int or not 1 <= self.key_frames <= MAX_KEY_FRAMES:
            refuse("key_frames", self.key_frames, f"an integer from 1 to {MAX_KEY_FRAMES}")
        if self.picture.carrier != "pixels":
            refuse("picture.carrier", self.picture.carrier, "'pixels'")

    def milliseconds(self, pts: int) -> int:
        """Time of a frame in the protected clip, which Matroska counts in milliseconds."""
        return round((pts * self.time_base - self.origin) * 1000)

    def frame(self, boxes: Sequence[Box] | Sequence[FaceEntry]) -> Manifest:
        """The manifest of one frame, as if it were a picture.

        Raises:
            ManifestError: a face lies outside the frame, or two overlap.
        """
        faces = [FaceEntry(each, _NO_DIGEST) if isinstance(each, Box) else each for each in boxes]
        return replace(self.picture, faces=tuple(faces))

    def associated(self, frame: Manifest, number: int, pts: int, index: int) -> bytes:
        """What a sealed face is authenticated with, so that it opens nowhere else.

        In no other clip, frame, time or place: the digest of this header, the frame's number and
        time, and what binds a face to its picture, with the boxes of all faces in the frame.
        """
        place = struct.pack(">Qq", number, pts)
        return _ASSOCIATED + self._digest + place + frame.associated(index)

    def clip_key(self, key: Key) -> Key:
        """The key of this clip."""
        return key.for_picture(self.picture.picture_salt)

    @cached_property
    def _digest(self) -> bytes:
        return hashlib.sha256(self.to_json().encode()).digest()

    def to_json(self) -> str:
        """The header as one line of ASCII JSON, which `from_json` reads."""
        picture = json.loads(self.picture.to_json())
        del picture["faces"]
        content = {
            "proface_video": VERSION,
            "picture": picture,
            "time_base": list(self.time_base.as_integer_ratio()),
            "origin": list(self.origin.as_integer_ratio()),
            "key_frames": self.key_frames,
        }
        return json.dumps(content, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "ClipManifest":
        """A header from its text; unknown keys are ignored.

        Raises:
            ManifestError: the text is too long or no JSON, the version is another, or a field is
                missing or wrong; the message names it.
        """
        content = parse(text)
        version = member(content, "proface_video", int)
        if version != VERSION:
            refuse("proface_video", version, f"the version, {VERSION}; upgrade proface if newer")
        picture = member(content, "picture", dict)
        width, height = (member(picture, name, int, "picture.") for name in ("width", "height"))
        stand_in = {"x": 0, "y": 0, "width": width, "height": height, "sha256": _NO_DIGEST}
        return cls(
            Manifest.from_json(json.dumps(picture | {"faces": [stand_in]})),
            _fraction(content, "time_base"),
            _fraction(content, "origin"),
            member(content, "key_frames", int),
        )


def _numbers(box: Box) -> list[int]:
    return [box.x, box.y, box.width, box.height]


def _to_base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _list(content: dict[str, object], name: str) -> list[object]:
    """The list of that name, empty where there is none; before any work is done on it."""
    found = content.get(name, [])
    if not isinstance(found, list) or len(found) > MAX_FACES:
        refuse(name, found, f"a list of at most {MAX_FACES}")
    return found


def _face(content: object) -> FaceEntry:
    if not isinstance(content, list) or len(content) != 6 or not isinstance(content[5], dict):
        refuse("face", content, "[x, y, width, height, digest, {...}]")
    if not isinstance(content[4], str):
        refuse("digest", content[4], "base64 of 32 bytes")
    try:
        sha256 = base64.b64decode(content[4], validate=True).hex()
    except ValueError:
        refuse("digest", content[4], "base64 of 32 bytes")
    return FaceEntry(_box(content[:4]), sha256, content[5])


def _box(content: object) -> Box:
    if not isinstance(content, list) or len(content) != 4:
        refuse("box", content, "[x, y, width, height]")
    if any(type(each) is not int or each > MAX_INTEGER for each in content):
        refuse("box", content, "four 64-bit integers")
    return Box(*content)


def _fraction(content: dict[str, object], name: str) -> Fraction:
    parts = member(content, name, list)
    if len(parts) != 2 or any(type(each) is not int or abs(each) > MAX_INTEGER for each in parts):
        refuse(name, parts, "two 64-bit integers")
    if parts[1] <= 0:
        refuse(name, parts[1], "a fraction with a denominator of at least 1")
    return Fraction(parts[0], parts[1])


def detached_path(clip: Path) -> Path:
    """Where a clip's detached manifest lies: the header, then an entry for each frame, by line."""
    return results.detached_path(clip, "video")
