"""What recovery needs besides the password: a small JSON text, in the picture or beside it.

A manifest may come from anyone, so every field is checked before it is used.
"""

import base64
import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, cast, get_args

from ..errors import BoxError, ManifestError
from ..faces.boxes import MAX_FACES, Box, find_overlap
from ..keys import SALT_BYTES, Algorithm, Derivation
from .json_fields import (
    MAX_CHARACTERS,
    MAX_INTEGER,
    bytes_from,
    is_finite,
    member,
    parse,
    refuse,
    shown,
)

VERSION = 1
"""The version that is written, and the newest that is read."""

_MAX_SIDE = 2**31 - 1
_ASSOCIATED = b"proface/associated/v1\0"
# Names become folder names and options: nothing that could be a path or look like an option.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FACE_KEYS = ("x", "y", "width", "height", "sha256")

Carrier = Literal["pixels", "file"]
"""Where the originals are: in the protected pixels, or beside them in the picture's file."""

CARRIERS: tuple[Carrier, ...] = get_args(Carrier)


@dataclass(frozen=True)
class FaceEntry:
    """One protected region.

    Raises:
        ManifestError: the digest is malformed, or an extra entry is neither string nor integer
            or takes the name of another field.
    """

    box: Box
    sha256: str
    """Of the protected region's RGB bytes, row by row: 64 lower-case hexadecimal digits."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What else a profile keeps for a face: strings and 64-bit integers."""

    def __post_init__(self) -> None:
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            refuse("sha256", self.sha256, "64 lower-case hexadecimal digits")
        for name, value in self.extra.items():
            if not isinstance(name, str) or name in _FACE_KEYS:
                refuse("a face's extra key", name, "a string that no other field has")
            if not isinstance(value, str) and not (
                type(value) is int and abs(value) <= MAX_INTEGER
            ):
                refuse(name, value, "a string or a 64-bit integer")


@dataclass(frozen=True)
class Manifest:
    """What recovery needs besides the password.

    Raises:
        ManifestError: a field is out of bounds; the message names it.
    """

    profile: str
    """The trained model: letters, digits and hyphens."""
    width: int
    """Of the whole picture, in pixels."""
    height: int
    """Of the whole picture, in pixels."""
    obfuscator: str
    """What made the obfuscated faces: letters, digits and hyphens."""
    strength: float | None
    """Of the obfuscator; None for its default."""
    derivation: Derivation
    """How the password becomes a key."""
    salt: bytes
    """Of the derivation: 16 bytes, or none where the derivation has no use for it."""
    picture_salt: bytes
    """16 bytes that make the key of this picture, see `proface.keys.Key.for_picture`."""
    faces: tuple[FaceEntry, ...]
    """1 to 4096 disjoint regions within the picture; a face's place here is its index."""
    grey: bool = False
    """Whether the original was a grey picture."""
    carrier: Carrier = "pixels"
    """Where the originals are."""

    def __post_init__(self) -> None:
        for name, text in (("profile", self.profile), ("obfuscator", self.obfuscator)):
            if not isinstance(text, str) or not _NAME.fullmatch(text):
                refuse(name, text, "1 to 64 letters, digits and hyphens")
        if self.carrier not in CARRIERS:
            refuse("carrier", self.carrier, f"one of {', '.join(CARRIERS)}")
        for name, side in (("width", self.width), ("height", self.height)):
            if type(side) is not int or not 1 <= side <= _MAX_SIDE:
                refuse(name, side, f"an integer from 1 to {_MAX_SIDE}")
        if type(self.grey) is not bool:
            refuse("grey", self.grey, "true or false")
        if self.strength is not None and not is_finite(self.strength):
            refuse("strength", self.strength, "a finite number or null")
        saltless = self.derivation.algorithm != "argon2id" and not self.salt
        if len(self.salt) != SALT_BYTES and not saltless:
            refuse("derivation.salt", self.salt, f"{SALT_BYTES} bytes")
        if len(self.picture_salt) != SALT_BYTES:
            refuse("picture_salt", self.picture_salt, f"{SALT_BYTES} bytes")
        self._check_faces()

    def _check_faces(self) -> None:
        if not 1 <= len(self.faces) <= MAX_FACES:
            refuse("number of faces", len(self.faces), f"from 1 to {MAX_FACES}")
        for index, box in enumerate(face.box for face in self.faces):
            if box.right > self.width or box.bottom > self.height:
                raise ManifestError(
                    f"the manifest's face {index} ({box.x}, {box.y}, {box.width} x {box.height}) "
                    f"lies outside the picture of {self.width} x {self.height} pixels"
                )
        overlap = find_overlap([face.box for face in self.faces])
        if overlap is not None:
            raise ManifestError(f"the manifest's faces {overlap[0]} and {overlap[1]} overlap")

    def to_json(self) -> str:
        """The manifest as one line of ASCII JSON, which `from_json` reads.

        Raises:
            ManifestError: it would be longer than `MAX_CHARACTERS`.
        """
        text = _dump(self._common() | {"faces": [_face_content(face) for face in self.faces]})
        if len(text) > MAX_CHARACTERS:
            raise ManifestError(
                f"the manifest would have {len(text)} characters; {MAX_CHARACTERS} are allowed"
            )
        return text

    def associated(self, index: int) -> bytes:
        """What a sealed face is authenticated with, so that it opens nowhere else.

        A digest of the canonical manifest with every face's box, and this face's index and box.
        What a face carries besides its box is left out: its digest is only known afterwards, and
        its extra entries describe what the seal itself holds.

        Args:
            index: of the face.
        """
        box = self.faces[index].box
        place = struct.pack(">5I", index, box.x, box.y, box.width, box.height)
        return _ASSOCIATED + self._authenticated + place

    @cached_property
    def _authenticated(self) -> bytes:
        """SHA-256, so that thousands of faces do not each go through all boxes."""
        boxes = [[f.box.x, f.box.y, f.box.width, f.box.height] for f in self.faces]
        return hashlib.sha256(_dump(self._common() | {"boxes": boxes}).encode()).digest()

    def _common(self) -> dict[str, object]:
        """All but the faces, as JSON has it."""
        return {
            "proface": VERSION,
            "profile": self.profile,
            "width": self.width,
            "height": self.height,
            "grey": self.grey,
            "carrier": self.carrier,
            "obfuscator": {
                "name": self.obfuscator,
                # Read back as a float, so written as one.
                "strength": None if self.strength is None else float(self.strength),
            },
            "derivation": {
                "algorithm": self.derivation.algorithm,
                "time_cost": self.derivation.time_cost,
                "memory_kib": self.derivation.memory_kib,
                "lanes": self.derivation.lanes,
                "salt": base64.b64encode(self.salt).decode(),
            },
            "picture_salt": base64.b64encode(self.picture_salt).decode(),
        }

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """A manifest from its text; unknown keys at the top are ignored.

        Raises:
            ManifestError: the text is too long or no JSON, the version is newer or unknown, or a
                field is missing or wrong; the message names it.
        """
        content = parse(text)
        _check_version(content)
        obfuscator = member(content, "obfuscator", dict)
        strength = obfuscator.get("strength")
        if strength is not None and not is_finite(strength):
            refuse("obfuscator.strength", strength, "a finite number or null")
        derivation = member(content, "derivation", dict)
        return cls(
            profile=member(content, "profile", str),
            width=member(content, "width", int),
            height=member(content, "height", int),
            obfuscator=member(obfuscator, "name", str, "obfuscator."),
            strength=None if strength is None else float(strength),
            derivation=_derivation_from(derivation),
            salt=bytes_from(derivation, "salt", "derivation."),
            picture_salt=bytes_from(content, "picture_salt"),
            faces=tuple(_faces_from(member(content, "faces", list))),
            grey=member(content, "grey", bool),
            carrier=cast(Carrier, member(content, "carrier", str)),  # checked by __post_init__
        )

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """A manifest from a file of its own.

        Raises:
            ManifestError: the file cannot be read, or as for `from_json`.
        """
        try:
            with path.open("rb") as file:
                text = file.read(MAX_CHARACTERS + 1).decode("utf-8-sig")
        except (OSError, ValueError) as error:
            raise ManifestError(f"cannot read the manifest {path}: {error}") from error
        try:
            return cls.from_json(text)
        except ManifestError as error:
            raise ManifestError(f"{path}: {error}") from error


def _check_version(content: dict[str, object]) -> None:
    version = member(content, "proface", int)
    if version > VERSION:
        raise ManifestError(
            f"the manifest has version {shown(version)}: it was made by a newer proface, and this "
            f"one reads version {VERSION}; upgrade proface"
        )
    if version != VERSION:
        refuse("proface", version, f"the version, {VERSION}")


def _derivation_from(content: dict[str, object]) -> Derivation:
    names = ("time_cost", "memory_kib", "lanes")
    costs = {name: member(content, name, int, "derivation.") for name in names}
    algorithm = member(content, "algorithm", str, "derivation.")
    if not _NAME.fullmatch(algorithm):
        refuse("derivation.algorithm", algorithm, "the name of a key derivation")
    # Derivation refuses unknown names and absurd costs itself.
    return Derivation(cast(Algorithm, algorithm), **costs)


def _faces_from(entries: list[object]) -> list[FaceEntry]:
    if len(entries) > MAX_FACES:  # before any work is done on them
        refuse("number of faces", len(entries), f"from 1 to {MAX_FACES}")
    faces = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            refuse(f"faces[{index}]", entry, "an object")
        place = f"faces[{index}]."
        x, y, width, height = (member(entry, name, int, place) for name in _FACE_KEYS[:4])
        extra = {name: value for name, value in entry.items() if name not in _FACE_KEYS}
        try:
            faces.append(
                FaceEntry(Box(x, y, width, height), member(entry, "sha256", str, place), extra)
            )
        except (BoxError, ManifestError) as error:
            raise ManifestError(f"faces[{index}]: {error}") from error
    return faces


def _dump(content: dict[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def _face_content(face: FaceEntry) -> dict[str, object]:
    box = face.box
    return {
        "x": box.x,
        "y": box.y,
        "width": box.width,
        "height": box.height,
        "sha256": face.sha256,
        **face.extra,
    }
