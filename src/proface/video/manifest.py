"""What recovering a clip needs besides the secret: a header, an entry for each frame, and an end.

The header is a small JSON object, of which the part ``picture`` is a picture's manifest without
what is only known of single frames. Entries and the end record are a line of JSON each, see
`entries`. So all can be written while a clip of any length is on its way, and read in bounded
memory. All may come from anyone; the header is authenticated by its tag, what follows by a chain
that starts from the header, see `chain`.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from ..errors import AuthenticityError, GrantError, ManifestError
from ..faces.boxes import Box
from ..files.json_fields import (
    MAX_INTEGER,
    bytes_from,
    known,
    member,
    parse,
    refuse,
)
from ..files.manifest import DIGEST_BYTES, FaceEntry, Manifest, canonical, dump
from ..files.manifest_json import check_version, manifest_from
from ..files.slots_json import to_base64
from ..keys import Grant, PictureKey, Secret
from ..keys.slots import unwrap
from ..picture import results
from ..picture.opening import FaceKeys, is_authenticated

VERSION = 2
"""The version that is written, and the only one that is read."""

MAX_KEY_FRAMES = 2**16
"""Faces come back in every so manieth frame at the least: every 18 minutes, at 60 a second."""

_NO_DIGEST = "0" * 64
_OF_FRAMES = ("proface", "scene", "faces")
"""What a picture's manifest says that a clip says of each frame, or by its own version."""
_PICTURE = ("profile", "width", "height", "grey", "carrier", "obfuscator", "made", "id")
_KEYS = ("proface_video", "picture", "time_base", "origin", "key_frames", "slots", "tag")


@dataclass(frozen=True)
class ClipManifest:
    """The header.

    Raises:
        ManifestError: a field is out of bounds; the message names it.
    """

    picture: Manifest
    """What is the same for all frames, and the slots. Its one face and its scene stand for those
    of the frames; it has neither signature nor tag."""
    time_base: Fraction
    """Seconds of one unit of `FrameEntry.pts`."""
    origin: Fraction = Fraction(0)
    """Seconds of the source's time at which the protected clip begins to count."""
    key_frames: int = 1
    """Faces come back in every so manieth frame."""
    tag: bytes = b""
    """32 bytes that authenticate all else under the clip's key; none with the paper's profiles."""

    def __post_init__(self) -> None:
        if not 0 < self.time_base <= 1000:
            refuse("time_base", str(self.time_base), "more than 0, at most 1000")
        if abs(self.origin) > MAX_INTEGER:
            refuse("origin", str(self.origin), "a time in seconds")
        if type(self.key_frames) is not int or not 1 <= self.key_frames <= MAX_KEY_FRAMES:
            refuse("key_frames", self.key_frames, f"an integer from 1 to {MAX_KEY_FRAMES}")
        if self.picture.carrier != "pixels":
            refuse("picture.carrier", self.picture.carrier, "'pixels'")
        if self.picture.grey:
            refuse("picture.grey", self.picture.grey, "false")
        if len(self.tag) not in (0, DIGEST_BYTES):
            refuse("tag", f"{len(self.tag)} bytes", f"{DIGEST_BYTES}")

    @property
    def is_authenticated(self) -> bool:
        """Whether the profile authenticates; the paper's profiles do not."""
        return is_authenticated(self.picture)

    def milliseconds(self, pts: int) -> int:
        """Time of a frame in the protected clip, which Matroska counts in milliseconds."""
        return round((pts * self.time_base - self.origin) * 1000)

    def check_boxes(self, boxes: Sequence[Box]) -> None:
        """Refuse regions of a frame that no frame has.

        Raises:
            ManifestError: one lies outside the frame, or two overlap.
        """
        if boxes:  # a picture has at least one
            replace(self.picture, faces=tuple(FaceEntry(each, _NO_DIGEST) for each in boxes))

    @cached_property
    def identifier(self) -> bytes:
        """SHA-256 of the header but for slots and tag; 32 bytes that name the clip.

        Bound to every face and entry, and to the end; so slots can be exchanged without touching
        any of them.
        """
        content = self._content()
        del content["slots"]
        content.pop("tag", None)
        return hashlib.sha256(canonical(content)).digest()

    def tagged(self, key: PictureKey) -> "ClipManifest":
        """The header with its tag made anew."""
        return replace(self, tag=self._tag(key))

    def open(self, secret: Secret | Grant, allow_weak: bool = False) -> FaceKeys:
        """The keys of a clip's faces; the header is authentic then, if its profile has that.

        A grant tells nothing of slots and tag. The commitments of the faces that it opens tell
        whether the rest of the header is authentic.

        Args:
            secret: a password, a key, an identity, or a grant.
            allow_weak: see `proface.keys.slots.unwrap`.

        Raises:
            WrongKeyError: the secret is another one.
            PasswordError: it is empty, or the derivation is weak.
            GrantError: the grant is for another clip.
            AuthenticityError: the header was changed after the clip was protected.
        """
        if isinstance(secret, Grant):
            secret.check_picture(self.identifier, "clip")
            return secret
        return self._unlocked(secret, allow_weak)

    def open_whole(self, secret: Secret, allow_weak: bool = False) -> PictureKey:
        """The key of a clip, to grant faces or to exchange slots.

        Raises:
            ManifestError: the profile wraps no key.
            ProfaceError: as for `open`.
        """
        if not self.is_authenticated:
            raise ManifestError(
                f"the paper's profile '{self.picture.profile}' wraps no key: there are no grants "
                "of its faces, and its password cannot be changed"
            )
        if isinstance(secret, Grant):
            raise GrantError("a grant cannot be granted on, and changes no slots")
        return self._unlocked(secret, allow_weak)

    def _unlocked(self, secret: Secret, allow_weak: bool) -> PictureKey:
        key = unwrap(self.picture.slots, secret, allow_weak)
        if self.is_authenticated and not hmac.compare_digest(self.tag, self._tag(key)):
            raise AuthenticityError(
                "the header of the manifest is not authentic: it was changed after the clip was "
                "protected"
            )
        return key

    def _tag(self, key: PictureKey) -> bytes:
        content = self._content()
        content.pop("tag", None)
        return hmac.digest(key.subkey("clip"), canonical(content), "sha256")

    def _content(self) -> dict[str, object]:
        picture = json.loads(self.picture.to_json())
        for name in _OF_FRAMES:
            del picture[name]
        slots = picture.pop("slots")
        content = {
            "proface_video": VERSION,
            "picture": picture,
            "time_base": list(self.time_base.as_integer_ratio()),
            "origin": list(self.origin.as_integer_ratio()),
            "key_frames": self.key_frames,
            "slots": slots,
        }
        return content | {"tag": to_base64(self.tag)} if self.tag else content

    def to_json(self) -> str:
        """The header as one line of ASCII JSON, which `from_json` reads.

        Raises:
            ManifestError: it would be longer than `MAX_CHARACTERS`.
        """
        return dump(self._content(), "the header")

    @classmethod
    def from_json(cls, text: str) -> "ClipManifest":
        """A header from its text.

        Raises:
            ManifestError: the text is too long or no JSON, the version is another, or a field is
                missing, wrong or unknown; the message names it.
        """
        content = parse(text)
        check_version(member(content, "proface_video", int))
        known(content, _KEYS)
        picture = member(content, "picture", dict)
        known(picture, _PICTURE, "picture.")
        width, height = (member(picture, name, int, "picture.") for name in ("width", "height"))
        box = {"x": 0, "y": 0, "width": width, "height": height}
        whole = picture | {
            "proface": VERSION,
            "scene": _NO_DIGEST,
            "faces": [box | {"members": 1, "sha256": _NO_DIGEST}],
            "slots": member(content, "slots", list),
        }
        return cls(
            manifest_from(whole),
            _fraction(content, "time_base"),
            _fraction(content, "origin"),
            member(content, "key_frames", int),
            bytes_from(content, "tag") if "tag" in content else b"",
        )


def stand_in(width: int, height: int) -> tuple[FaceEntry, ...]:
    """The one face of `ClipManifest.picture`."""
    return (FaceEntry(Box(0, 0, width, height), _NO_DIGEST),)


def _fraction(content: dict[str, object], name: str) -> Fraction:
    parts = member(content, name, list)
    if len(parts) != 2 or any(type(each) is not int or abs(each) > MAX_INTEGER for each in parts):
        refuse(name, parts, "two 64-bit integers")
    if parts[1] <= 0:
        refuse(name, parts[1], "a fraction with a denominator of at least 1")
    return Fraction(parts[0], parts[1])


def detached_path(clip: Path) -> Path:
    """Where a clip's detached manifest lies: header, entries and end record, by line."""
    return results.detached_path(clip, "video")
