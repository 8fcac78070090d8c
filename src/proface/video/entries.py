"""What a clip's manifest says of each frame, and at the end: one line of JSON each.

    {"n":12,"pts":12012,"scene":"...","faces":[[81,43,38,50,"...",{},[0],"...",[]]],"mac":"..."}
    {"n":13,"pts":13013,"scene":"...","plain":[[83,43,38,50]],"mac":"..."}
    {"end":14,"sha256":"...","mac":"..."}

A face is [x, y, width, height, digest, what its profile keeps, tracked faces, commitment, shared
keys].
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import BoxError, ManifestError
from ..faces.boxes import MAX_FACES, Box
from ..files.json_fields import (
    MAX_INTEGER,
    bytes_from,
    known,
    member,
    parse,
    refuse,
)
from ..files.manifest import DIGEST_BYTES, FaceEntry, canonical, dump
from ..files.slots_json import signature_content, signature_from, to_base64
from ..keys import Signature

MAC_BYTES = 16
"""Of an entry or an end record."""
WRAPPED_BYTES = 48
"""Of a region's key that is wrapped for a further tracked face, see `binding`."""
_MAX_NUMBER = 2**53
_MAX_TRACK = 2**32
_FACE = "[x, y, width, height, digest, {...}, [tracks], commitment, [shared keys]]"
_FACE_FIELDS = 9


@dataclass(frozen=True)
class ClipFace:
    """A region of a frame that comes back.

    Raises:
        ManifestError: a field is out of bounds.
    """

    box: Box
    digest: bytes
    """SHA-256 of the protected region's RGB bytes, row by row."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What the profile keeps for it: strings and 64-bit integers."""
    tracks: tuple[int, ...] = (0,)
    """Which faces of the clip it holds, at least one. The first one's key opens it."""
    commitment: bytes = b""
    """32 bytes that fit one key alone; none with the paper's profiles."""
    shared: tuple[bytes, ...] = ()
    """The region's key for each further track, wrapped; none with the paper's profiles."""

    def __post_init__(self) -> None:
        if len(self.digest) != DIGEST_BYTES:
            refuse("digest", f"{len(self.digest)} bytes", f"{DIGEST_BYTES}")
        # What it has in common with a face of a picture is checked as there.
        FaceEntry(self.box, self.digest.hex(), self.extra, commitment=self.commitment)
        if not 1 <= len(self.tracks) <= MAX_FACES:
            refuse("number of tracks", len(self.tracks), f"from 1 to {MAX_FACES}")
        for track in self.tracks:
            if type(track) is not int or not 0 <= track < _MAX_TRACK:
                refuse("track", track, f"an integer from 0 to {_MAX_TRACK - 1}")
        if len(self.shared) != (len(self.tracks) - 1 if self.commitment else 0):
            refuse("number of shared keys", len(self.shared), "one for each track but the first")
        if any(len(each) != WRAPPED_BYTES for each in self.shared):
            refuse("shared key", "of another length", f"{WRAPPED_BYTES} bytes")

    def content(self) -> list[object]:
        """The face as JSON has it."""
        return [
            *_numbers(self.box),
            to_base64(self.digest),
            dict(self.extra),
            list(self.tracks),
            to_base64(self.commitment),
            [to_base64(each) for each in self.shared],
        ]


@dataclass(frozen=True)
class FrameEntry:
    """One frame.

    Raises:
        ManifestError: a field is out of bounds, or there are too many faces.
    """

    number: int
    """From 0, in the protected clip."""
    pts: int
    """In the source's time base; negative where the source's is."""
    scene: bytes
    """32 bytes: the digest of the frame outside `faces`, see
    `proface.files.authentication.scene_digest`."""
    faces: tuple[ClipFace, ...] = ()
    """That come back."""
    plain: tuple[Box, ...] = ()
    """That are obfuscated and nothing more; they count as scene."""
    mac: bytes = b""
    """16 bytes that authenticate it and what stands before it; none with the paper's profiles."""

    def __post_init__(self) -> None:
        if type(self.number) is not int or not 0 <= self.number < _MAX_NUMBER:
            refuse("n", self.number, f"an integer from 0 to {_MAX_NUMBER - 1}")
        if type(self.pts) is not int or abs(self.pts) > MAX_INTEGER:
            refuse("pts", self.pts, "a 64-bit integer")
        if len(self.scene) != DIGEST_BYTES:
            refuse("scene", f"{len(self.scene)} bytes", f"{DIGEST_BYTES}")
        _check_mac(self.mac)
        for name, items in (("faces", self.faces), ("plain", self.plain)):
            if len(items) > MAX_FACES:
                refuse(f"number of {name}", len(items), f"at most {MAX_FACES}")
        tracks = [track for face in self.faces for track in face.tracks]
        if len(set(tracks)) < len(tracks):
            refuse("tracks", tracks, "different ones in each region of a frame")

    @property
    def boxes(self) -> list[Box]:
        """Of the faces that come back."""
        return [face.box for face in self.faces]

    def canonical(self, with_mac: bool = True) -> bytes:
        """The entry in the one form that is authenticated."""
        return canonical(self._content(with_mac))

    def to_json(self) -> str:
        """One line of ASCII JSON, which `read` reads.

        Raises:
            ManifestError: it would be longer than `MAX_CHARACTERS`.
        """
        return dump(self._content(True), f"what the manifest says of frame {self.number}")

    def _content(self, with_mac: bool) -> dict[str, object]:
        content: dict[str, object] = {
            "n": self.number,
            "pts": self.pts,
            "scene": to_base64(self.scene),
        }
        if self.faces:
            content["faces"] = [face.content() for face in self.faces]
        if self.plain:
            content["plain"] = [_numbers(box) for box in self.plain]
        if self.mac and with_mac:
            content["mac"] = to_base64(self.mac)
        return content


@dataclass(frozen=True)
class EndRecord:
    """What stands after the last entry, so that a clip that was cut is noticed.

    Raises:
        ManifestError: a field is out of bounds.
    """

    frames: int
    """How many entries stand before it."""
    digest: bytes
    """32 bytes: SHA-256 of all entries, each in its canonical form and followed by a newline."""
    signature: Signature | None = None
    """Of who protected the clip."""
    mac: bytes = b""
    """As for an entry."""

    def __post_init__(self) -> None:
        if type(self.frames) is not int or not 0 <= self.frames <= _MAX_NUMBER:
            refuse("end", self.frames, f"an integer from 0 to {_MAX_NUMBER}")
        if len(self.digest) != DIGEST_BYTES:
            refuse("sha256", f"{len(self.digest)} bytes", f"{DIGEST_BYTES}")
        _check_mac(self.mac)

    def canonical(self) -> bytes:
        """All but the mac, in the one form that is authenticated."""
        return canonical(self._content(with_mac=False))

    def to_json(self) -> str:
        """One line of ASCII JSON, which `read` reads."""
        return dump(self._content(with_mac=True), "the end of the manifest")

    def _content(self, with_mac: bool) -> dict[str, object]:
        content: dict[str, object] = {"end": self.frames, "sha256": to_base64(self.digest)}
        if self.signature is not None:
            content["signature"] = signature_content(self.signature)
        if self.mac and with_mac:
            content["mac"] = to_base64(self.mac)
        return content


def read(text: str) -> FrameEntry | EndRecord:
    """An entry or an end record from its line.

    Raises:
        ManifestError: it is too long, no JSON, or a field is missing, wrong or unknown.
    """
    content = parse(text)
    mac = bytes_from(content, "mac") if "mac" in content else b""
    if "end" in content:
        known(content, ("end", "sha256", "signature", "mac"))
        signature = None
        if "signature" in content:
            signature = signature_from(member(content, "signature", dict))
        return EndRecord(member(content, "end", int), bytes_from(content, "sha256"), signature, mac)
    number, pts = member(content, "n", int), member(content, "pts", int)
    known(content, ("n", "pts", "scene", "faces", "plain", "mac"))
    try:
        faces = tuple(_face(each) for each in _list(content, "faces"))
        plain = tuple(_box(each) for each in _list(content, "plain"))
        return FrameEntry(number, pts, bytes_from(content, "scene"), faces, plain, mac)
    except (BoxError, ManifestError) as error:
        raise ManifestError(f"frame {str(number)[:20]}: {error}") from error


def _check_mac(mac: bytes) -> None:
    if len(mac) not in (0, MAC_BYTES):
        refuse("mac", f"{len(mac)} bytes", f"{MAC_BYTES}")


def _numbers(box: Box) -> list[int]:
    return [box.x, box.y, box.width, box.height]


def _list(content: dict[str, object], name: str) -> list[object]:
    """The list of that name, empty where there is none; before any work is done on it."""
    found = content.get(name, [])
    if not isinstance(found, list) or len(found) > MAX_FACES:
        refuse(name, found, f"a list of at most {MAX_FACES}")
    return found


def _face(content: object) -> ClipFace:
    if not isinstance(content, list) or len(content) != _FACE_FIELDS:
        refuse("face", content, _FACE)
    digest, extra, tracks, commitment, shared = content[4:]
    if not isinstance(extra, dict):
        refuse("face", content, _FACE)
    for name, items in (("tracks", tracks), ("shared keys", shared)):
        if not isinstance(items, list) or len(items) > MAX_FACES:
            refuse(name, items, f"a list of at most {MAX_FACES}")
    return ClipFace(
        _box(content[:4]),
        _bytes("digest", digest),
        extra,
        tuple(tracks),
        _bytes("commitment", commitment),
        tuple(_bytes("shared key", each) for each in shared),
    )


def _bytes(name: str, text: object) -> bytes:
    if not isinstance(text, str):
        refuse(name, text, "base64")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        refuse(name, text, "base64")


def _box(content: object) -> Box:
    if not isinstance(content, list) or len(content) != 4:
        refuse("box", content, "[x, y, width, height]")
    if any(type(each) is not int or each > MAX_INTEGER for each in content):
        refuse("box", content, "four 64-bit integers")
    return Box(*content)
