"""What recovery needs besides the password: a small JSON text, in the picture or beside it.

A manifest may come from anyone, so every field is checked before it is used.
"""

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar, cast

import numpy as np

from .errors import BoxError, ManifestError
from .faces import MAX_FACES, Box
from .keys import SALT_BYTES, Algorithm, Derivation

VERSION = 1
"""The version that is written, and the newest that is read."""
MAX_CHARACTERS = 1024 * 1024
"""Length of the longest text that is read or written; it is ASCII, so also its bytes."""

_MAX_SIDE = 2**31 - 1
_CARRIERS = ("pixels",)
# Names become folder names and options: nothing that could be a path or look like an option.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FACE_KEYS = ("x", "y", "width", "height", "sha256")
_MAX_EXTRA_INTEGER = 2**63 - 1

_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class Face:
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
            _refuse("sha256", self.sha256, "64 lower-case hexadecimal digits")
        for name, value in self.extra.items():
            if not isinstance(name, str) or name in _FACE_KEYS:
                _refuse("a face's extra key", name, "a string that no other field has")
            if not isinstance(value, str) and not (
                type(value) is int and abs(value) <= _MAX_EXTRA_INTEGER
            ):
                _refuse(name, value, "a string or a 64-bit integer")


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
    """How the faces were hidden: letters, digits and hyphens."""
    strength: float | None
    """Of the obfuscator; None for its default."""
    derivation: Derivation
    """How the password becomes a key."""
    salt: bytes
    """Of the derivation: 16 bytes, or none where the derivation has no use for it."""
    picture_salt: bytes
    """16 bytes that make the key of this picture, see `proface.keys.Key.for_picture`."""
    faces: tuple[Face, ...]
    """1 to 4096 disjoint regions within the picture; a face's place here is its index."""
    grey: bool = False
    """Whether the original was a grey picture."""
    carrier: str = "pixels"
    """Where the hidden faces are; so far only in the protected pixels themselves."""

    def __post_init__(self) -> None:
        for name, text in (("profile", self.profile), ("obfuscator", self.obfuscator)):
            if not isinstance(text, str) or not _NAME.fullmatch(text):
                _refuse(name, text, "1 to 64 letters, digits and hyphens")
        if self.carrier not in _CARRIERS:
            _refuse("carrier", self.carrier, f"one of {', '.join(_CARRIERS)}")
        for name, side in (("width", self.width), ("height", self.height)):
            if type(side) is not int or not 1 <= side <= _MAX_SIDE:
                _refuse(name, side, f"an integer from 1 to {_MAX_SIDE}")
        if type(self.grey) is not bool:
            _refuse("grey", self.grey, "true or false")
        if self.strength is not None and not _is_finite(self.strength):
            _refuse("strength", self.strength, "a finite number or null")
        saltless = self.derivation.algorithm != "argon2id" and not self.salt
        if len(self.salt) != SALT_BYTES and not saltless:
            _refuse("derivation.salt", self.salt, f"{SALT_BYTES} bytes")
        if len(self.picture_salt) != SALT_BYTES:
            _refuse("picture_salt", self.picture_salt, f"{SALT_BYTES} bytes")
        self._check_faces()

    def _check_faces(self) -> None:
        if not 1 <= len(self.faces) <= MAX_FACES:
            _refuse("number of faces", len(self.faces), f"from 1 to {MAX_FACES}")
        for index, box in enumerate(face.box for face in self.faces):
            if box.right > self.width or box.bottom > self.height:
                raise ManifestError(
                    f"the manifest's face {index} ({box.x}, {box.y}, {box.width} x {box.height}) "
                    f"lies outside the picture of {self.width} x {self.height} pixels"
                )
        # All pairs at once: a hostile manifest can hold 8 million of them.
        left, top, right, bottom = np.array(
            [(f.box.x, f.box.y, f.box.right, f.box.bottom) for f in self.faces], np.int64
        ).T
        across = (left[:, None] < right) & (left < right[:, None])
        overlap = across & (top[:, None] < bottom) & (top < bottom[:, None])
        np.fill_diagonal(overlap, val=False)
        if overlap.any():
            first, second = np.argwhere(overlap)[0]
            raise ManifestError(f"the manifest's faces {first} and {second} overlap")

    def to_json(self) -> str:
        """The manifest as one line of ASCII JSON, which `from_json` reads.

        Raises:
            ManifestError: it would be longer than `MAX_CHARACTERS`.
        """
        content = {
            "proface": VERSION,
            "profile": self.profile,
            "width": self.width,
            "height": self.height,
            "grey": self.grey,
            "carrier": self.carrier,
            "obfuscator": {"name": self.obfuscator, "strength": self.strength},
            "derivation": {
                "algorithm": self.derivation.algorithm,
                "time_cost": self.derivation.time_cost,
                "memory_kib": self.derivation.memory_kib,
                "lanes": self.derivation.lanes,
                "salt": base64.b64encode(self.salt).decode(),
            },
            "picture_salt": base64.b64encode(self.picture_salt).decode(),
            "faces": [_face_content(face) for face in self.faces],
        }
        text = json.dumps(content, separators=(",", ":"), allow_nan=False)
        if len(text) > MAX_CHARACTERS:
            raise ManifestError(
                f"the manifest would have {len(text)} characters; {MAX_CHARACTERS} are allowed"
            )
        return text

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """A manifest from its text; unknown keys at the top are ignored.

        Raises:
            ManifestError: the text is too long or no JSON, the version is newer or unknown, or a
                field is missing or wrong; the message names it.
        """
        content = _parse(text)
        _check_version(content)
        obfuscator = _member(content, "obfuscator", dict)
        strength = obfuscator.get("strength")
        if strength is not None and not _is_finite(strength):
            _refuse("obfuscator.strength", strength, "a finite number or null")
        derivation = _member(content, "derivation", dict)
        return cls(
            profile=_member(content, "profile", str),
            width=_member(content, "width", int),
            height=_member(content, "height", int),
            obfuscator=_member(obfuscator, "name", str, "obfuscator."),
            strength=None if strength is None else float(strength),
            derivation=_derivation_from(derivation),
            salt=_bytes_from(derivation, "salt", "derivation."),
            picture_salt=_bytes_from(content, "picture_salt"),
            faces=tuple(_faces_from(_member(content, "faces", list))),
            grey=_member(content, "grey", bool),
            carrier=_member(content, "carrier", str),
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


def _parse(text: str) -> dict[str, object]:
    if len(text) > MAX_CHARACTERS:
        raise ManifestError(f"the manifest has more than {MAX_CHARACTERS} characters")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"the manifest is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ManifestError("the manifest is not a JSON object")
    return content


def _check_version(content: dict[str, object]) -> None:
    version = _member(content, "proface", int)
    if version > VERSION:
        raise ManifestError(
            f"the manifest has version {_shown(version)}: it was made by a newer proface, and this "
            f"one reads version {VERSION}; upgrade proface"
        )
    if version != VERSION:
        _refuse("proface", version, f"the version, {VERSION}")


def _member(content: dict[str, object], name: str, kind: type[_Kind], place: str = "") -> _Kind:
    if name not in content:
        raise ManifestError(f"the manifest has no '{place}{name}'")
    value = content[name]
    if type(value) is not kind:  # exactly: in Python, True is an int
        kinds = {dict: "an object", list: "a list", str: "a string", int: "an integer"}
        _refuse(place + name, value, kinds.get(kind, "true or false"))
    return value


def _bytes_from(content: dict[str, object], name: str, place: str = "") -> bytes:
    text = _member(content, name, str, place)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        _refuse(place + name, text, "base64")


def _derivation_from(content: dict[str, object]) -> Derivation:
    names = ("time_cost", "memory_kib", "lanes")
    costs = {name: _member(content, name, int, "derivation.") for name in names}
    algorithm = _member(content, "algorithm", str, "derivation.")
    if not _NAME.fullmatch(algorithm):
        _refuse("derivation.algorithm", algorithm, "the name of a key derivation")
    # Derivation refuses unknown names and absurd costs itself.
    return Derivation(cast(Algorithm, algorithm), **costs)


def _faces_from(entries: list[object]) -> list[Face]:
    if len(entries) > MAX_FACES:  # before any work is done on them
        _refuse("number of faces", len(entries), f"from 1 to {MAX_FACES}")
    faces = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            _refuse(f"faces[{index}]", entry, "an object")
        place = f"faces[{index}]."
        x, y, width, height = (_member(entry, name, int, place) for name in _FACE_KEYS[:4])
        extra = {name: value for name, value in entry.items() if name not in _FACE_KEYS}
        try:
            faces.append(
                Face(Box(x, y, width, height), _member(entry, "sha256", str, place), extra)
            )
        except (BoxError, ManifestError) as error:
            raise ManifestError(f"faces[{index}]: {error}") from error
    return faces


def _face_content(face: Face) -> dict[str, object]:
    box = face.box
    return {
        "x": box.x,
        "y": box.y,
        "width": box.width,
        "height": box.height,
        "sha256": face.sha256,
        **face.extra,
    }


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e9 and math.isfinite(value)


def _shown(value: object) -> str:
    """A value as a message shows it: short, and safe even for an integer of a million digits."""
    if isinstance(value, int) and abs(value) > _MAX_EXTRA_INTEGER:
        return "a huge integer"
    if isinstance(value, dict | list | tuple):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _refuse(name: str, value: object, wanted: str) -> NoReturn:
    raise ManifestError(f"the manifest's {name[:80]!r} is {_shown(value)}, but must be {wanted}")
