"""One picture, forth and back: the page that shows how everything else fits together.

read -> detect -> for each face: crop -> obfuscate -> profile.protect -> paste -> write + manifest
read + manifest -> key -> for each face: profile.recover -> paste -> write
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeVar

from . import imagefile, obfuscators, payload
from .errors import BoxError, DamagedPictureError, ManifestError, NoFaceError, PasswordError
from .faces import Box, detect, prepare
from .imagefile import Photograph, Source
from .keys import SALT_BYTES, Key
from .manifest import Carrier, Face, Manifest
from .obfuscators import Picture
from .profile import Hidden, WrongRecovery, for_protection, for_recovery, profiles
from .results import Inspection, Protected, Recovered, detached_path

T = TypeVar("T")

DEFAULT_PROFILE = "randwr"
DEFAULT_OBFUSCATOR = "gaussian"
DEFAULT_THRESHOLD = 0.2
DEFAULT_MASK_SCALE = 1.3

_NOT_YET = "0" * 64  # in place of a digest that is not known before the face is protected

FaceChoice = Literal["auto", "whole"] | Sequence[Box]
Progress = Callable[[int, int], object]
"""Called with the number of faces done and the number of all, first with 0."""


def protect(
    picture: Source,
    password: str | Key,
    *,
    profile: str = DEFAULT_PROFILE,
    obfuscator: str = DEFAULT_OBFUSCATOR,
    strength: float | None = None,
    faces: FaceChoice = "auto",
    threshold: float = DEFAULT_THRESHOLD,
    mask_scale: float = DEFAULT_MASK_SCALE,
    carrier: Carrier = "pixels",
    bits: int | None = None,
    providers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Protected:
    """Hide the faces of a picture, reversibly.

    Args:
        picture: a path, a file's bytes, a Pillow image, or a uint8 array (H x W x 3 RGB,
            H x W x 4 RGBA, H x W grey).
        password: or a `Key`; either way every picture gets keys of its own.
        profile: one of `proface.profiles()`: a trained model, or ``sealed``.
        obfuscator: how faces are hidden, one of `proface.obfuscators.names()`.
        strength: of the obfuscator, in pixels of a 112-pixel face; None for its default.
        faces: ``auto`` detects them, ``whole`` takes the whole picture for one face, or boxes.
        threshold: smallest score of a detection, 0 to 1.
        mask_scale: factor on the sides of detected boxes; given boxes are taken as they are.
        carrier: ``pixels`` hides the faces in their own pixels. ``file``, for ``sealed`` only,
            puts them beside, into the file that `Protected.save` writes.
        bits: a sample that ``sealed`` hides in pixels, 1 or 2; None for 1.
        providers: ONNX Runtime providers in order of preference; None for the processor.
        progress: called after each face.

    Returns:
        The protected picture. Pixels outside its faces are the input's, bit for bit.

    Raises:
        NoFaceError: none was found.
        OptionError: the carrier or the bits do not go with the profile.
        ProfaceError: its other subclasses, for bad pictures, boxes, names or passwords.
    """
    hide = obfuscators.get(obfuscator)
    algorithm = password.derivation.algorithm if isinstance(password, Key) else ""
    method = for_protection(profile, algorithm, carrier, bits, providers)
    photograph = imagefile.read(picture)
    boxes = _choose_faces(photograph.pixels, faces, threshold, mask_scale)
    key = password if isinstance(password, Key) else Key.derive(password)
    draft = Manifest(
        profile=profile,
        width=photograph.pixels.shape[1],
        height=photograph.pixels.shape[0],
        obfuscator=obfuscator,
        strength=strength,
        derivation=key.derivation,
        salt=key.salt,
        picture_salt=secrets.token_bytes(SALT_BYTES),
        faces=tuple(Face(box, _NOT_YET) for box in boxes),
        grey=photograph.grey,
        carrier=carrier,
    )
    picture_key = key.for_picture(draft.picture_salt)
    pixels = photograph.pixels.copy()
    entries, seals = [], []
    for index, box in _counted(boxes, progress):
        original = photograph.pixels[box.window]
        obfuscated = hide.apply(original, strength)
        hidden = method.protect(original, obfuscated, picture_key, index, draft.associated(index))
        pixels[box.window] = hidden.pixels
        entries.append(Face(box, digest(hidden.pixels), hidden.extra))
        seals.append(hidden.seal)
    return Protected(
        replace(photograph, pixels=pixels, grey=False),
        replace(draft, faces=tuple(entries)),
        method.provider,
        (*photograph.notes, *method.notes),
        _paths(picture),
        tuple(seals) if carrier == "file" else (),
    )


def recover(
    picture: Source,
    password: str | Key,
    *,
    manifest: Manifest | Path | str | None = None,
    accept_damage: bool = False,
    wrong_recovery: WrongRecovery | None = None,
    providers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Recovered:
    """Give a protected picture its faces back.

    With a trained profile, a wrong password is no error: the faces come back as the profile's
    wrong-recovery mode promises, as noise or still obfuscated. With ``sealed`` it is one.

    Args:
        picture: as for `protect`.
        password: or the `Key` that protected the picture.
        manifest: the manifest, or its file; None for the one in the picture, or beside it in
            ``<picture>.proface.json``.
        accept_damage: whether to recover what is left of faces whose pixels were changed. Of
            sealed faces, those that do not open stay as they are, with a note for each.
        wrong_recovery: what sealed faces become that do not open: ``error``, the default,
            ``noise`` or ``obfuscated``. None for a trained profile, which has one of its own.
        providers: as for `protect`.
        progress: as for `protect`.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: the picture was resized, saved with loss, or its faces edited; with
            ``sealed``, wrong password or damaged picture.
        OptionError: ``wrong_recovery`` was given for a trained profile, or is none of the three.
        PasswordError: the password is empty, or a `Key` was made for another picture.
        ProfaceError: its other subclasses, for bad pictures or missing models.
    """
    photograph = imagefile.read(picture)
    facts = find_manifest(picture, photograph, manifest)
    damage = find_damage(photograph, facts)
    if photograph.pixels.shape[:2] != (facts.height, facts.width):
        raise DamagedPictureError(damage[0])
    if damage and not accept_damage:
        raise DamagedPictureError(f"{damage[0]}; recover from the file that proface wrote")
    method = for_recovery(facts, wrong_recovery, providers)
    seals = _seals(photograph, facts)
    picture_key = _key_for(password, facts).for_picture(facts.picture_salt)
    pixels = photograph.pixels.copy()
    notes, failures = [*photograph.notes, *damage], 0
    for index, face in _counted(facts.faces, progress):
        hidden = Hidden(pixels[face.box.window], face.extra, seals[index])
        try:
            original, more = method.recover(hidden, picture_key, index, facts.associated(index))
        except DamagedPictureError as error:
            failures += 1
            if not accept_damage or failures == len(facts.faces):
                raise
            notes.append(f"face {index} stays as it is: {error}")
            continue
        pixels[face.box.window] = original
        notes += more
    result = replace(photograph, pixels=pixels, grey=facts.grey)
    return Recovered(result, facts, method.provider, tuple(notes), _paths(picture))


def inspect(picture: Source, manifest: Manifest | Path | str | None = None) -> Inspection:
    """What a protected picture says of itself, and whether it can be recovered here.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        PictureError: the picture cannot be read.
    """
    photograph = imagefile.read(picture)
    facts = find_manifest(picture, photograph, manifest)
    problems = find_damage(photograph, facts)
    if facts.profile not in profiles():
        problems.append(f"the profile '{facts.profile}' is not installed here")
    try:
        _seals(photograph, facts)
    except (DamagedPictureError, ManifestError) as error:
        problems.append(str(error))
    return Inspection(facts, tuple(problems))


def digest(region: Picture) -> str:
    """SHA-256 of a region's bytes, row by row, RGB; hexadecimal."""
    return hashlib.sha256(region.tobytes()).hexdigest()


def find_manifest(
    picture: Source, photograph: Photograph, given: Manifest | Path | str | None
) -> Manifest:
    """The manifest given, the one in the picture, or the one beside it.

    Raises:
        ManifestError: there is none, it cannot be read, or it is bad.
    """
    if isinstance(given, Manifest):
        return given
    if given is not None:
        return Manifest.load(Path(given))
    if photograph.manifest is not None:
        return Manifest.from_json(photograph.manifest)
    for path in _paths(picture):
        if detached_path(path).exists():
            return Manifest.load(detached_path(path))
    lossy = " It is in a lossy format, so what was hidden is gone." if photograph.lossy else ""
    raise ManifestError(
        "the picture carries no proface manifest: it was not protected, or another program saved "
        f"it without its metadata.{lossy} If the manifest was kept apart, name its file"
    )


def find_damage(photograph: Photograph, manifest: Manifest) -> list[str]:
    """What has changed since the picture was protected, a sentence each."""
    height, width = photograph.pixels.shape[:2]
    if (height, width) != (manifest.height, manifest.width):
        return [
            f"the picture was resized or cropped: it has {width} x {height} pixels, and "
            f"{manifest.width} x {manifest.height} were protected"
        ]
    if manifest.carrier == "file":
        return []  # the pixels may be what they like
    changed = sum(
        digest(photograph.pixels[face.box.window]) != face.sha256 for face in manifest.faces
    )
    if not changed:
        return []
    cause = f"saved with loss, as {photograph.format}" if photograph.lossy else "edited"
    return [
        f"the picture was {cause}, after it was protected: {changed} of "
        f"{len(manifest.faces)} faces have changed"
    ]


def _counted(items: Sequence[T], progress: Progress | None) -> Iterator[tuple[int, T]]:
    """Enumerate, and tell how many are done."""
    for index, item in enumerate(items):
        if progress:
            progress(index, len(items))
        yield index, item
    if progress:
        progress(len(items), len(items))


def _choose_faces(
    pixels: Picture, faces: FaceChoice, threshold: float, mask_scale: float
) -> list[Box]:
    height, width = pixels.shape[:2]
    if faces == "whole":
        return [Box(0, 0, width, height)]
    if isinstance(faces, str):
        if faces != "auto":
            raise BoxError(f"faces must be 'auto', 'whole' or boxes, not '{faces}'")
        found = prepare(detect(pixels, threshold), height, width, mask_scale)
        hint = "try a lower threshold, or give boxes or 'whole'"
    else:
        outside = [box for box in faces if box.right > width or box.bottom > height]
        if outside:
            raise BoxError(f"{outside[0]} lies outside the picture of {width} x {height} pixels")
        found = prepare(faces, height, width)
        hint = "the list of boxes is empty"
    if not found:
        raise NoFaceError(f"no face was found; {hint}. Nothing was protected")
    return found


def _key_for(password: str | Key, manifest: Manifest) -> Key:
    if isinstance(password, str):
        return Key.derive(password, manifest.salt or None, manifest.derivation)
    if (password.salt, password.derivation) != (manifest.salt, manifest.derivation):
        raise PasswordError("this key was not made for this picture: salt or derivation differ")
    return password


def _seals(photograph: Photograph, manifest: Manifest) -> list[bytes]:
    """The seals that the file carries for its faces; empty ones where the pixels do.

    Raises:
        DamagedPictureError: the file has lost them.
        ManifestError: they are garbled.
    """
    if manifest.carrier == "pixels":
        return [b""] * len(manifest.faces)
    if photograph.seals is None:
        raise DamagedPictureError(
            "the file no longer carries the sealed faces, or they are damaged: another program "
            "saved it, or a service removed what it did not know; recover from the file that "
            "proface wrote"
        )
    return payload.unpack(photograph.seals, len(manifest.faces))


def _paths(picture: Source) -> tuple[Path, ...]:
    return (Path(picture),) if isinstance(picture, str | Path) else ()
