"""Reading a manifest's JSON."""

from typing import cast

from ..errors import BoxError, ManifestError
from ..faces.boxes import MAX_FACES, Box
from .json_fields import bytes_from, is_finite, known, member, parse, refuse, shown
from .manifest import FACE_KEYS, VERSION, Carrier, FaceEntry, Made, Manifest
from .slots_json import signature_from, slots_from

_KEYS = (
    "proface",
    "profile",
    "width",
    "height",
    "grey",
    "carrier",
    "obfuscator",
    "made",
    "id",
    "scene",
    "faces",
    "slots",
    "signature",
    "tag",
)


def read(text: str) -> Manifest:
    """See `Manifest.from_json`."""
    return manifest_from(parse(text))


def manifest_from(content: dict[str, object]) -> Manifest:
    """A manifest from its content.

    Raises:
        ManifestError: as for `Manifest.from_json`.
    """
    check_version(member(content, "proface", int))
    known(content, _KEYS)
    obfuscator = member(content, "obfuscator", dict)
    strength = obfuscator.get("strength")
    if strength is not None and not is_finite(strength):
        refuse("obfuscator.strength", strength, "a finite number or null")
    known(obfuscator, ("name", "strength"), "obfuscator.")
    made = member(content, "made", dict)
    known(made, ("time", "version"), "made.")
    return Manifest(
        profile=member(content, "profile", str),
        width=member(content, "width", int),
        height=member(content, "height", int),
        obfuscator=member(obfuscator, "name", str, "obfuscator."),
        strength=None if strength is None else float(strength),
        made=Made(*(member(made, name, str, "made.") for name in ("time", "version"))),
        picture_id=bytes_from(content, "id"),
        scene=member(content, "scene", str),
        faces=tuple(_faces_from(member(content, "faces", list))),
        slots=slots_from(member(content, "slots", list)),
        grey=member(content, "grey", bool),
        carrier=cast(Carrier, member(content, "carrier", str)),  # checked by the manifest
        signature=signature_from(member(content, "signature", dict))
        if "signature" in content
        else None,
        tag=bytes_from(content, "tag") if "tag" in content else b"",
    )


def check_version(version: int) -> None:
    """Refuse the manifests of other versions.

    Raises:
        ManifestError: it is another one than `VERSION`.
    """
    if version > VERSION:
        raise ManifestError(
            f"the manifest has version {shown(version)}: it was made by a newer proface, and this "
            f"one reads version {VERSION}; upgrade proface"
        )
    if version == 1:
        raise ManifestError(
            "the manifest has version 1: it was made by a development version of proface, before "
            f"the first release; this one reads version {VERSION}. Recover it with that version"
        )
    if version != VERSION:
        refuse("proface", version, f"the version, {VERSION}")


def face_from(entry: dict[str, object], place: str = "") -> FaceEntry:
    """A face from JSON.

    Raises:
        ManifestError: a field is missing or wrong.
        BoxError: the box is none.
    """
    x, y, width, height = (member(entry, name, int, place) for name in FACE_KEYS[:4])
    return FaceEntry(
        Box(x, y, width, height),
        member(entry, "sha256", str, place),
        {name: value for name, value in entry.items() if name not in FACE_KEYS},
        member(entry, "members", int, place),
        bytes_from(entry, "commitment", place) if "commitment" in entry else b"",
    )


def _faces_from(entries: list[object]) -> list[FaceEntry]:
    if len(entries) > MAX_FACES:  # before any work is done on them
        refuse("number of faces", len(entries), f"from 1 to {MAX_FACES}")
    faces = []
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict):
            refuse(f"faces[{index}]", entry, "an object")
        try:
            faces.append(face_from(entry, f"faces[{index}]."))
        except (BoxError, ManifestError) as error:
            raise ManifestError(f"faces[{index}]: {error}") from error
    return faces
