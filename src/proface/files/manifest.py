"""What recovery needs besides the secret: a small JSON text, in the picture or beside it.

A manifest may come from anyone, so every field is checked before it is used, and all of it is
authenticated, see `proface.files.authentication`. Four texts follow from it, each a part of the
next:

    identifier  what is known before a face is protected: names the picture, bound to every seal
    statement   and what became of the faces: bound to every face by its commitment
    vouched     and the commitments: signed
    tagged      and slots and signature: authenticated under the picture's key

So slots can be exchanged without touching a face, a grant or a signature.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from ..errors import ManifestError
from ..faces.boxes import MAX_FACES, find_overlap
from ..keys import Signature, Slot
from ..keys.slots import check_slots
from .json_fields import MAX_CHARACTERS, is_finite, refuse
from .manifest_parts import (
    DIGEST_BYTES,
    FACE_KEYS,
    FaceEntry,
    Made,
    canonical,
    dump,
    face_content,
    is_sha256,
)
from .slots_json import signature_content, slot_content, to_base64

__all__ = [
    "CARRIERS",
    "DIGEST_BYTES",
    "FACE_KEYS",
    "ID_BYTES",
    "VERSION",
    "Carrier",
    "FaceEntry",
    "Made",
    "Manifest",
    "canonical",
    "dump",
    "face_content",
    "is_sha256",
]

VERSION = 2
"""The version that is written, and the only one that is read."""

ID_BYTES = 16
_MAX_SIDE = 2**31 - 1
_ASSOCIATED = b"proface/v2/associated\0"
# Names become folder names and options: nothing that could be a path or look like an option.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")

Carrier = Literal["pixels", "file"]
"""Where the originals are: in the protected pixels, or beside them in the picture's file."""

CARRIERS: tuple[Carrier, ...] = get_args(Carrier)


@dataclass(frozen=True)
class Manifest:
    """What recovery needs besides the secret.

    Raises:
        ManifestError: a field is out of bounds; the message names it.
    """

    profile: str
    """How the originals are kept: letters, digits and hyphens."""
    width: int
    """Of the whole picture, in pixels."""
    height: int
    """Of the whole picture, in pixels."""
    obfuscator: str
    """What made the obfuscated faces: letters, digits and hyphens."""
    strength: float | None
    """Of the obfuscator; None for its default."""
    made: Made
    """When, and by what version."""
    picture_id: bytes
    """16 random bytes, so that no two pictures have the same identifier."""
    scene: str
    """SHA-256 of the pixels outside all regions, see `proface.files.authentication`."""
    faces: tuple[FaceEntry, ...]
    """1 to 4096 disjoint regions within the picture; a face's place here is its index."""
    slots: tuple[Slot, ...]
    """Who may open it, see `proface.keys.slots`."""
    grey: bool = False
    """Whether the original was a grey picture."""
    carrier: Carrier = "pixels"
    """Where the originals are."""
    signature: Signature | None = None
    """Of who protected it."""
    tag: bytes = b""
    """32 bytes that authenticate all else under the picture's key; none with the paper's
    profiles."""

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
        if len(self.picture_id) != ID_BYTES:
            refuse("id", f"{len(self.picture_id)} bytes", f"{ID_BYTES}")
        if not is_sha256(self.scene):
            refuse("scene", self.scene, "64 lower-case hexadecimal digits")
        if len(self.tag) not in (0, DIGEST_BYTES):
            refuse("tag", f"{len(self.tag)} bytes", f"{DIGEST_BYTES}")
        check_slots(self.slots)
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

    @cached_property
    def identifier(self) -> bytes:
        """SHA-256 of what is known before the faces are protected; 32 bytes."""
        boxes = [[f.box.x, f.box.y, f.box.width, f.box.height] for f in self.faces]
        return hashlib.sha256(canonical(self._common() | {"boxes": boxes})).digest()

    def associated(self, index: int) -> bytes:
        """What a sealed face is authenticated with, so that it opens nowhere else.

        The identifier, and this face's index and box. What a face carries besides its box is left
        out: its digest is only known afterwards.

        Args:
            index: of the face.
        """
        box = self.faces[index].box
        place = struct.pack(">5I", index, box.x, box.y, box.width, box.height)
        return _ASSOCIATED + self.identifier + place

    @cached_property
    def statement(self) -> bytes:
        """SHA-256 of all that is said of picture and faces; 32 bytes."""
        faces = [face_content(face, with_commitment=False) for face in self.faces]
        return hashlib.sha256(canonical(self._common() | {"faces": faces})).digest()

    @property
    def vouched(self) -> bytes:
        """What a signature is made of: the statement and all commitments."""
        return self.statement + b"".join(face.commitment for face in self.faces)

    @property
    def tagged(self) -> bytes:
        """What the tag is made of: all else, as canonical JSON."""
        content = self._content()
        content.pop("tag", None)
        return canonical(content)

    def to_json(self) -> str:
        """The manifest as one line of ASCII JSON, which `from_json` reads.

        Raises:
            ManifestError: it would be longer than `MAX_CHARACTERS`.
        """
        return dump(self._content(), "the manifest")

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """A manifest from its text.

        Raises:
            ManifestError: the text is too long or no JSON, the version is another, or a field is
                missing, wrong or unknown; the message names it.
        """
        from .manifest_json import read  # it needs this class

        return read(text)

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

    def _common(self) -> dict[str, object]:
        """All but faces, slots, signature and tag, as JSON has it."""
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
            "made": {"time": self.made.time, "version": self.made.version},
            "id": to_base64(self.picture_id),
            "scene": self.scene,
        }

    def _content(self) -> dict[str, object]:
        content = self._common()
        content["faces"] = [face_content(face) for face in self.faces]
        content["slots"] = [slot_content(slot) for slot in self.slots]
        if self.signature is not None:
            content["signature"] = signature_content(self.signature)
        if self.tag:
            content["tag"] = to_base64(self.tag)
        return content
