"""One picture, forth and back: the page that shows how everything else fits together.

read -> find regions -> for each: crop -> obfuscate -> profile.protect -> paste -> authenticate
read + manifest -> keys -> for each region: profile.recover -> paste -> write
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ..errors import DamagedPictureError, ManifestError, WrongKeyError
from ..files import images
from ..files.authentication import authenticated, scene_digest
from ..files.images import Photograph, PictureSource
from ..files.manifest import ID_BYTES, Carrier, FaceEntry, Made, Manifest
from ..keys import Access, Grant, Key, Secret, SigningKey, Slot
from ..obfuscators import Obfuscator
from ..profile.base import WrongRecovery
from ..profile.choice import for_recovery, profiles, shown_for_wrong
from ..timing import stage
from .inspection import check_scene, find_damage, find_manifest, find_seals, paths_of
from .opening import checked_keys, is_authenticated, open_manifest
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
from .pixels import (
    FaceProgress,
    Keeper,
    RecoveredPixels,
    protect_regions,
    recover_regions,
    wrong_regions,
)
from .regions import FaceChoice, Region, choose
from .results import Inspection, Protected, Recovered

NOT_YET = "0" * 64
"""In place of a digest that is not known before the face is protected."""

_WRONG = {
    "noise": "the secret is wrong: the faces are noise",
    "obfuscated": "the secret is wrong: the faces stay obfuscated",
}


def protect(  # noqa: PLR0913 - public, by keywords
    picture: PictureSource,
    password: str | Key | None = None,
    *,
    recipients: Sequence[str] = (),
    sign_key: str | Path | SigningKey | None = None,
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
        password: or a `Key`; either way every picture gets a random key of its own. None for
            recipients alone: then nothing on this machine can recover the faces.
        recipients: who may recover, too: ``age1...``, ``ssh-ed25519 ...`` or ``ssh-rsa ...``, at
            most 64. Each does so with an `Identity`.
        sign_key: an Ed25519 key in a PEM file, which signs who protected the picture.
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
        PasswordError: there is neither a password nor a recipient, or the password is empty.
        RecipientError: a recipient is none, or the profile takes none.
        ProfaceError: its other subclasses, for bad pictures, boxes, names or passwords.
    """
    options = ProtectOptions(
        LookOptions(obfuscator, strength, shape, seed, stickers, donor),
        DetectionOptions(threshold, mask_scale),
        KeepingOptions(profile, carrier, bits, None if providers is None else tuple(providers)),
    )
    return protect_as(
        options, picture, lambda: Access.make(password, recipients, sign_key), faces, progress
    )


def protect_as(
    options: ProtectOptions,
    picture: PictureSource,
    access: Access | Callable[[], Access],
    faces: FaceChoice = "auto",
    progress: FaceProgress | None = None,
) -> Protected:
    """Protect the faces of a picture as one `ProtectOptions` says; otherwise as `protect`.

    Args:
        options: what the faces become, and how they are kept.
        picture: as for `protect`.
        access: who may open it; or what makes it, while the picture is decoded.
        faces: as for `protect`.
        progress: as for `protect`.
    """
    look, keeping = options.look, options.keeping
    obfuscator = look.make_obfuscator()
    profile = keeping.make_profile()
    with ThreadPoolExecutor(1) as beside:
        # Deriving a key takes a tenth of a second, in which the picture can be decoded.
        made = beside.submit(_made, access)
        with stage("decode"):
            photograph = images.read(picture)
        regions = choose(photograph.pixels, faces, options.detection, obfuscator.uses_landmarks)
        with stage("key"):
            who = made.result()
    key, slots = who.new_picture(profile.facts.secret)
    draft = drafted(options, photograph, regions, slots)
    keeper = Keeper(profile, key.face, draft.associated)
    done = protect_regions(photograph.pixels, regions, look, keeper, progress)
    manifest = replace(draft, faces=done.faces)
    if profile.facts.secret:
        manifest = authenticated(manifest, key, who.signing_key)
    beside_pixels = keeping.carrier == "file"
    return Protected(
        replace(photograph, pixels=done.pixels, grey=False),
        manifest,
        profile.provider,
        (*photograph.notes, *profile.notes, *notes_on(obfuscator, regions), *done.notes),
        paths_of(picture),
        done.seals if beside_pixels else (),
        key if beside_pixels else None,
        who.signing_key if beside_pixels else None,
    )


def recover(  # noqa: PLR0913 - public, by keywords
    picture: PictureSource,
    secret: Secret | Grant,
    *,
    manifest: Manifest | Path | str | None = None,
    accept_damage: bool = False,
    allow_weak: bool = False,
    wrong_recovery: WrongRecovery | None = None,
    providers: Sequence[str] | None = None,
    progress: FaceProgress | None = None,
) -> Recovered:
    """Give a protected picture its faces back.

    A wrong secret is known to be wrong, but for the paper's profiles. With ``sealed`` it is an
    error. With the others the faces become noise, or stay obfuscated, and
    `Recovered.key_matched` is False.

    Args:
        picture: as for `protect`.
        secret: the password; the `Key` that protected the picture; a `Keyring`, which remembers
            the keys of many pictures that were protected together; an `Identity` of a recipient;
            or a `Grant`, which opens single faces and leaves the others as they are.
        manifest: the manifest, or its file; None for the one in the picture, or beside it in
            ``<picture>.proface.json``.
        accept_damage: whether to recover what is left of faces whose pixels were changed, in a
            scene that was changed. Faces that do not open stay as they are, with a note for each.
        allow_weak: whether a password is tried against a key derivation below the default, which
            a forger may have put into the file to find out the password.
        wrong_recovery: what a wrong secret gives: ``error``, ``noise`` or ``obfuscated``. None
            for what the profile promises. The paper's profiles take no choice.
        providers: as for `protect`.
        progress: as for `protect`.

    Raises:
        WrongKeyError: the secret is wrong, and that is to be an error.
        AuthenticityError: the manifest or the scene is not what was protected.
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: the picture was resized, saved with loss, or its faces edited.
        OptionError: ``wrong_recovery`` is none of the three, or the profile takes no choice.
        PasswordError: the password is empty, or its derivation weak.
        GrantError: the grant is for another picture.
        ProfaceError: its other subclasses, for bad pictures or missing models.
    """
    with stage("decode"):
        photograph = images.read(picture)
    found = find_manifest(picture, photograph, manifest)
    profile = for_recovery(found, providers)
    shown = shown_for_wrong(profile.facts, wrong_recovery)
    damage = find_damage(photograph, found)
    if photograph.pixels.shape[:2] != (found.height, found.width):
        raise DamagedPictureError(damage[0])
    try:
        keys = open_manifest(found, secret, allow_weak)
    except WrongKeyError:
        if shown == "error" or not profile.facts.secret:
            raise
        keys = None
    if damage and not accept_damage:
        raise DamagedPictureError(f"{damage[0]}; recover from the file that proface wrote")
    result = replace(photograph, grey=found.grey)
    if keys is None:
        pixels = wrong_regions(photograph.pixels, [face.box for face in found.faces], shown)
        notes = (*photograph.notes, _WRONG[shown])
        return Recovered(
            replace(result, pixels=pixels), found, profile.provider, notes, False, paths_of(picture)
        )
    if is_authenticated(found):
        damage += check_scene(photograph, found, accept_damage)
    keeper = Keeper(profile, checked_keys(found, keys), found.associated)
    seals = find_seals(photograph, found)
    done = recover_regions(photograph.pixels, found.faces, seals, keeper, accept_damage, progress)
    if done.failures and len(done.failures) + len(done.closed) == len(found.faces):
        raise done.failures[-1][1]
    return Recovered(
        replace(result, pixels=done.pixels),
        found,
        profile.provider,
        (*photograph.notes, *damage, *told(done), *done.notes),
        True if is_authenticated(found) else None,
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


def told(done: RecoveredPixels) -> Iterator[str]:
    """Sentences on the faces that stayed as they are."""
    for index, error in done.failures:
        yield f"face {index} stays as it is: {error}"
    if done.closed:
        faces = ", ".join(map(str, done.closed))
        yield f"these faces are not granted, and stay as they are: {faces}"


def _made(access: Access | Callable[[], Access]) -> Access:
    return access if isinstance(access, Access) else access()


def drafted(
    options: ProtectOptions,
    photograph: Photograph,
    regions: Sequence[Region],
    slots: tuple[Slot, ...],
) -> Manifest:
    """The manifest of a picture before its faces are protected."""
    boxes = [region.box for region in regions]
    return Manifest(
        profile=options.keeping.profile,
        width=photograph.pixels.shape[1],
        height=photograph.pixels.shape[0],
        obfuscator=options.look.obfuscator,
        strength=options.look.strength,
        made=Made.now(),
        picture_id=secrets.token_bytes(ID_BYTES),
        scene=scene_digest(photograph.pixels, boxes, photograph.alpha),
        faces=tuple(FaceEntry(box, NOT_YET) for box in boxes),
        slots=slots,
        grey=photograph.grey,
        carrier=options.keeping.carrier,
    )


def notes_on(obfuscator: Obfuscator, regions: Sequence[Region]) -> tuple[str, ...]:
    """Sentences on how faces were obfuscated."""
    if not obfuscator.uses_landmarks or not any(region.guessed for region in regions):
        return ()
    return (
        f"{obfuscator.name} goes by eyes, nose and mouth, which were not found in every face; "
        "there it went by their usual places",
    )
