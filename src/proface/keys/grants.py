"""Grants: small age files that open single faces of one picture or clip.

    age file of {"proface_grant": 2, "picture": identifier, "faces": {"3": key, ...}}

A grant holds keys of faces, from which nothing of the picture's key follows.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..errors import GrantError
from .picture_key import SECRET_BYTES, FaceKey, PictureKey
from .recipients import Identity, check_recipients, encrypt

VERSION = 2
MAX_BYTES = 1024 * 1024
"""Of a grant's file."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Grant:
    """The keys of some faces of one picture or clip; read one with `Grant.open`."""

    picture: str
    """Which picture: the identifier of its manifest, hexadecimal."""
    faces: Mapping[int, FaceKey] = field(repr=False)
    """Keys by face index."""

    @classmethod
    def open(cls, source: str | Path | bytes, identity: Identity) -> "Grant":
        """Decrypt a grant.

        Args:
            source: a grant's file, or its bytes.
            identity: of one of its recipients.

        Raises:
            GrantError: the file cannot be read, the identity is of none of its recipients, or it
                is no grant.
        """
        data = source if isinstance(source, bytes) else _read(Path(source))
        text = identity.decrypt(data)
        if text is None:
            raise GrantError(
                "the grant does not open: it is for another identity, damaged, or no grant"
            )
        return cls._parse(text)

    def face(self, index: int) -> FaceKey | None:
        """The key of a face; None if it is not granted."""
        return self.faces.get(index)

    def check_picture(self, identifier: bytes, what: Literal["picture", "clip"]) -> None:
        """Refuse the manifest of another picture or clip.

        Args:
            identifier: of the manifest, 32 bytes.
            what: the manifest is of.

        Raises:
            GrantError: it is another one.
        """
        if self.picture != identifier.hex():
            raise GrantError(
                f"the grant is for another {what}, or the manifest was changed since it was made"
            )

    @classmethod
    def _parse(cls, text: bytes) -> "Grant":
        try:
            content = json.loads(text)
            version, picture, faces = (
                content[name] for name in ("proface_grant", "picture", "faces")
            )
            keys = {
                int(index): base64.b64decode(key, validate=True) for index, key in faces.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise GrantError("this age file holds no grant of proface") from error
        if version != VERSION:
            raise GrantError(
                f"the grant has version {repr(version)[:80]}; this proface reads {VERSION}"
            )
        if not isinstance(picture, str) or not _SHA256.fullmatch(picture):
            raise GrantError("the grant is garbled: it names no picture")
        if not keys or any(len(key) != SECRET_BYTES or index < 0 for index, key in keys.items()):
            raise GrantError("the grant is garbled: its keys are none")
        return cls(picture, {index: FaceKey(key) for index, key in keys.items()})


def make(
    key: PictureKey, picture: str, faces: Sequence[int], recipients: str | Sequence[str]
) -> bytes:
    """A grant's file.

    Args:
        key: of the picture.
        picture: identifier of its manifest, see `Grant.picture`.
        faces: indices of those that are granted, at least one.
        recipients: who may open it, see `proface.keys.recipients`.

    Raises:
        GrantError: no face is granted.
        RecipientError: a recipient is none, there is none, or there are too many.
    """
    if not faces:
        raise GrantError("a grant is for at least one face")
    keys = {str(face): base64.b64encode(key.face(face).secret).decode() for face in sorted(faces)}
    content = {"proface_grant": VERSION, "picture": picture, "faces": keys}
    text = json.dumps(content, separators=(",", ":")).encode()
    return encrypt(text, check_recipients(recipients))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise GrantError(f"cannot read the grant {path}: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise GrantError(f"{path} is too long for a grant")
    return data
