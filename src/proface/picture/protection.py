"""One picture, forth and back: the page that shows how everything else fits together.

read -> find regions -> for each: crop -> obfuscate -> profile.protect -> paste -> write + manifest
read + manifest -> key -> for each region: profile.recover -> paste -> write
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ..errors import DamagedPictureError, ManifestError, PasswordError
from ..files import images
from ..files.images import PictureSource
from ..files.manifest import Carrier, FaceEntry, Manifest
from ..keys import SALT_BYTES, Key, Keyring, key_from
from ..obfuscators import Obfuscator
from ..profile.base import WrongRecovery
from ..profile.choice import for_recovery, profiles
from ..timing import stage
from .inspection import find_damage, find_manifest, find_seals, paths_of
from .options import (
    DEFAULT_MASK_SCALE,
    DEFAULT_OBFUSCATOR,
    DEFAULT_PROFILE,
    DEFAULT_THRESHOLD,
    DetectionOptions,
    KeepingOptions,
    LookOptions,
    ProtectOptions,
    Shape,
)
from .pixels import FaceProgress, Keeper, protect_regions, recover_regions
from .regions import FaceChoice, Region, choose
from .results import Inspection, Protected, Recovered

_NOT_YET = "0" * 64  # in place of a digest that is not known before the face is protected


def protect(  # noqa: PLR0913 - public, by keywords
    picture: PictureSource,
    password: str | Key,
    *,
    profile: str = DEFAULT_PROFILE,
    obfuscator: str = DEFAULT_OBFUSCATOR,
    strength: float | None = None,
    shape: Shape = "box",
    seed: int = 0,
    stickers: Path | None = None,
    donor: Path | None = None,
    faces: FaceChoice = "auto",
    threshold: float = DEFAULT_THRESHOLD,
    mask_scale: float = DEFAULT_MASK_SCALE,
    carrier: Carrier = "pixels",
    bits: int | None = None,
    providers: Sequence[str] | None = None,
    progress: FaceProgress | None = None,
) -> Protected:
    """Protect the faces of a picture, reversibly.

    Args:
        picture: a path, a file's bytes, a Pillow image, or a uint8 array (H x W x 3 RGB,
            H x W x 4 RGBA, H x W grey).
        password: or a `Key`; either way every picture gets keys of its own.
        profile: one of `proface.profiles()`: a trained model, or ``sealed``.
        obfuscator: what makes the obfuscated faces, one of `proface.obfuscators.names()`.
        strength: of the obfuscator, in pixels of a 112-pixel face; None for its default.
        shape: ``box`` obfuscates all of a face's box, ``ellipse`` the ellipse in it.
        seed: which of many looks faces get, where the obfuscator has several.
        stickers: folder of pictures with transparency, for ``sticker``.
        donor: picture of the face that takes the place of all others, for ``swap``.
        faces: ``auto`` detects them, ``whole`` takes the whole picture for one face, or boxes.
        threshold: smallest score of a detection, 0 to 1.
        mask_scale: factor on the sides of detected boxes; given boxes are taken as they are.
        carrier: ``pixels`` keeps the faces in their own pixels. ``file``, for ``sealed`` only,
            puts them beside, into the file that `Protected.save` writes.
        bits: a sample that ``sealed`` uses in pixels, 1 or 2; None for 1.
        providers: what runs the network, in order of preference, such as ``cpu``; None for OpenVINO
            where it is installed, and else the processor.
        progress: called after each face.

    Returns:
        The protected picture. Pixels outside its faces are the input's, bit for bit.

    Raises:
        NoFaceError: none was found.
        OptionError: the carrier or the bits do not go with the profile.
        ProfaceError: its other subclasses, for bad pictures, boxes, names or passwords.
    """
    options = ProtectOptions(
        LookOptions(obfuscator, strength, shape, seed, stickers, donor),
        DetectionOptions(threshold, mask_scale),
        KeepingOptions(profile, carrier, bits, None if providers is None else tuple(providers)),
    )
    return protect_as(options, picture, password, faces, progress)


def protect_as(
    options: ProtectOptions,
    picture: PictureSource,
    password: str | Key,
    faces: FaceChoice = "auto",
    progress: FaceProgress | None = None,
) -> Protected:
    """Protect the faces of a picture as one `ProtectOptions` says; otherwise as `protect`."""
    look, keeping = options.look, options.keeping
    obfuscator = look.make_obfuscator()
    algorithm = password.derivation.algorithm if isinstance(password, Key) else ""
    profile = keeping.make_profile(algorithm)
    with ThreadPoolExecutor(1) as beside:
        # Deriving a key takes a tenth of a second, in which the picture can be decoded.
        derived = beside.submit(key_from, password)
        with stage("decode"):
            photograph = images.read(picture)
        regions = choose(photograph.pixels, faces, options.detection, obfuscator.uses_landmarks)
        with stage("key"):
            key = derived.result()
    draft = Manifest(
        profile=keeping.profile,
        width=photograph.pixels.shape[1],
        height=photograph.pixels.shape[0],
        obfuscator=look.obfuscator,
        strength=look.strength,
        derivation=key.derivation,
        salt=key.salt,
        picture_salt=secrets.token_bytes(SALT_BYTES),
        faces=tuple(FaceEntry(region.box, _NOT_YET) for region in regions),
        grey=photograph.grey,
        carrier=keeping.carrier,
    )
    keeper = Keeper(profile, key.for_picture(draft.picture_salt), draft.associated)
    done = protect_regions(photograph.pixels, regions, look, keeper, progress)
    return Protected(
        replace(photograph, pixels=done.pixels, grey=False),
        replace(draft, faces=done.faces),
        profile.provider,
        (*photograph.notes, *profile.notes, *_notes(obfuscator, regions), *done.notes),
        paths_of(picture),
        done.seals if keeping.carrier == "file" else (),
    )


def recover(  # noqa: PLR0913 - public, by keywords
    picture: PictureSource,
    password: str | Key | Keyring,
    *,
    manifest: Manifest | Path | str | None = None,
    accept_damage: bool = False,
    wrong_recovery: WrongRecovery | None = None,
    providers: Sequence[str] | None = None,
    progress: FaceProgress | None = None,
) -> Recovered:
    """Give a protected picture its faces back.

    With a trained profile, a wrong password is no error unless asked for: the faces come back as
    noise, or still obfuscated. With ``sealed`` it is one.

    Args:
        picture: as for `protect`.
        password: or the `Key` that protected the picture, or a `Keyring`, which remembers the
            keys of many pictures that were protected together.
        manifest: the manifest, or its file; None for the one in the picture, or beside it in
            ``<picture>.proface.json``.
        accept_damage: whether to recover what is left of faces whose pixels were changed. Of
            sealed faces, those that do not open stay as they are, with a note for each.
        wrong_recovery: what a wrong password gives: ``error``, ``noise`` or ``obfuscated``. None
            for what the profile promises. The paper's profiles take no choice.
        providers: as for `protect`.
        progress: as for `protect`.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: the picture was resized, saved with loss, or its faces edited; with
            ``sealed``, wrong password or damaged picture.
        OptionError: ``wrong_recovery`` is none of the three, or the profile takes no choice.
        PasswordError: the password is empty, or a `Key` was made for another picture.
        ProfaceError: its other subclasses, for bad pictures or missing models.
    """
    with stage("decode"):
        photograph = images.read(picture)
    found = find_manifest(picture, photograph, manifest)
    damage = find_damage(photograph, found)
    if photograph.pixels.shape[:2] != (found.height, found.width):
        raise DamagedPictureError(damage[0])
    if damage and not accept_damage:
        raise DamagedPictureError(f"{damage[0]}; recover from the file that proface wrote")
    profile = for_recovery(found, wrong_recovery, providers)
    seals = find_seals(photograph, found)
    key = key_for(password, found).for_picture(found.picture_salt)
    keeper = Keeper(profile, key, found.associated)
    done = recover_regions(photograph.pixels, found.faces, seals, keeper, accept_damage, progress)
    if len(done.failures) == len(found.faces):
        raise done.failures[-1][1]
    closed = [f"face {index} stays as it is: {error}" for index, error in done.failures]
    return Recovered(
        replace(photograph, pixels=done.pixels, grey=found.grey),
        found,
        profile.provider,
        (*photograph.notes, *damage, *closed, *done.notes),
        paths_of(picture),
    )


def inspect(picture: PictureSource, manifest: Manifest | Path | str | None = None) -> Inspection:
    """What a protected picture says of itself, and whether it can be recovered here.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        PictureError: the picture cannot be read.
    """
    photograph = images.read(picture)
    found = find_manifest(picture, photograph, manifest)
    problems = find_damage(photograph, found)
    if found.profile not in profiles():
        problems.append(f"the profile '{found.profile}' is not installed here")
    try:
        find_seals(photograph, found)
    except (DamagedPictureError, ManifestError) as error:
        problems.append(str(error))
    return Inspection(found, tuple(problems))


def key_for(password: str | Key | Keyring, manifest: Manifest) -> Key:
    """The key that a manifest's derivation makes of a password, before `Key.for_picture`.

    Raises:
        PasswordError: the password is empty, or a `Key` was made for another picture.
    """
    if isinstance(password, str):
        password = Keyring(password)
    if isinstance(password, Keyring):
        return password.key(manifest.salt, manifest.derivation)
    if (password.salt, password.derivation) != (manifest.salt, manifest.derivation):
        raise PasswordError("this key was not made for this picture: salt or derivation differ")
    return password


def _notes(obfuscator: Obfuscator, regions: Sequence[Region]) -> tuple[str, ...]:
    if not obfuscator.uses_landmarks or not any(region.guessed for region in regions):
        return ()
    return (
        f"{obfuscator.name} goes by eyes, nose and mouth, which were not found in every face; "
        "there it went by their usual places",
    )
