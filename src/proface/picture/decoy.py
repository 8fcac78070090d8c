"""A picture that cannot be told from a protected one, and that keeps nothing.

As `protection`, with random numbers wherever a protected picture has what a key made: the seals or
payloads of the faces, their commitments, the tag, and the slot that would hold the key.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from ..arrays import Picture
from ..errors import OptionError
from ..files import images
from ..files.images import PictureSource
from ..files.manifest import DIGEST_BYTES, Carrier, Manifest
from ..keys import (
    SALT_BYTES,
    AgeSlot,
    Derivation,
    FaceKey,
    Identity,
    PasswordSlot,
    PictureKey,
    Slot,
)
from ..keys.master import WRAPPED_BYTES
from ..keys.picture_key import SECRET_BYTES
from ..keys.recipients import encrypt
from ..profile.base import Profile, ProtectedFace
from .inspection import paths_of
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
from .pixels import FaceProgress, Keeper, protect_regions
from .protection import drafted, notes_on
from .regions import FaceChoice, choose
from .results import Protected

Pretended = Literal["password", "recipient"]
"""What would open the picture if it were protected: a password, or one recipient's identity."""
GONE = (
    "this is a decoy: it keeps nothing of the faces, and nobody will ever get them back from it; "
    "nothing in it says so"
)


def obfuscate(  # noqa: PLR0913 - public, by keywords
    picture: PictureSource,
    *,
    decoy: bool,
    pretended: Pretended = "password",
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
    """Obfuscate the faces of a picture for good.

    Args:
        picture: as for `proface.protect`.
        decoy: must be True: the result cannot be told from a picture that was protected with the
            same options.
        pretended: what a protected picture would open with: ``password``, or ``recipient`` for
            one recipient, ``age1...``.
        profile: as for `proface.protect`, but for the paper's.
        obfuscator: as for `proface.protect`, and so are all others.
        strength: as there.
        shape: as there.
        seed: as there.
        stickers: as there.
        donor: as there.
        faces: as there.
        threshold: as there.
        mask_scale: as there.
        carrier: as there.
        bits: as there.
        providers: as there.
        progress: as there.

    Returns:
        As `proface.protect`; what was kept of the originals is nothing.

    Raises:
        OptionError: ``decoy`` is False, or the profile is one of the paper's, which keep no secret.
        ProfaceError: as for `proface.protect`.
    """
    if not decoy:
        raise OptionError("obfuscate makes decoys only: say decoy=True")
    options = ProtectOptions(
        LookOptions(obfuscator, strength, shape, seed, stickers, donor),
        DetectionOptions(threshold, mask_scale),
        KeepingOptions(profile, carrier, bits, None if providers is None else tuple(providers)),
    )
    return decoy_as(options, picture, pretended, faces, progress)


def decoy_as(
    options: ProtectOptions,
    picture: PictureSource,
    pretended: Pretended = "password",
    faces: FaceChoice = "auto",
    progress: FaceProgress | None = None,
) -> Protected:
    """A decoy as one `ProtectOptions` says; otherwise as `obfuscate`."""
    look = options.look
    obfuscator = look.make_obfuscator()
    profile = options.keeping.make_profile()
    slot = _random_slot(pretended)
    photograph = images.read(picture)
    regions = choose(photograph.pixels, faces, options.detection, obfuscator.uses_landmarks)
    draft = drafted(options, photograph, regions, (slot,))
    keeper = Keeper(_Forgetful(profile), PictureKey.generate().face, draft.associated)
    done = protect_regions(photograph.pixels, regions, look, keeper, progress)
    manifest = _filled(replace(draft, faces=done.faces))
    notes = (*photograph.notes, *profile.notes, *notes_on(obfuscator, regions), GONE)
    seals = done.seals if options.keeping.carrier == "file" else ()
    pixels = replace(photograph, pixels=done.pixels, grey=False)
    return Protected(pixels, manifest, profile.provider, notes, paths_of(picture), seals)


class _Forgetful:
    """A profile that makes decoys where it should protect."""

    def __init__(self, profile: Profile) -> None:
        self.facts, self.provider, self.notes = profile.facts, profile.provider, profile.notes
        self.decoy, self.recover = profile.decoy, profile.recover

    def protect(
        self, original: Picture, obfuscated: Picture, key: FaceKey, index: int, associated: bytes
    ) -> ProtectedFace:
        """A decoy; whatever key it is given."""
        return self.decoy(original, obfuscated)


def _random_slot(pretended: Pretended) -> Slot:
    """A slot that nothing opens.

    Raises:
        OptionError: what is pretended is none of the two.
    """
    if pretended == "password":
        salt, wrapped = (secrets.token_bytes(size) for size in (SALT_BYTES, WRAPPED_BYTES))
        return PasswordSlot(Derivation(), salt, wrapped)
    if pretended == "recipient":
        nobody = Identity.generate().recipients
        return AgeSlot(encrypt(secrets.token_bytes(SECRET_BYTES), nobody))
    wanted = " or ".join(get_args(Pretended))
    raise OptionError(f"a decoy pretends to be for a {wanted}, not for '{pretended}'")


def _filled(draft: Manifest) -> Manifest:
    """A manifest with random bytes for what a picture's key authenticates it with."""
    faces = tuple(
        replace(face, commitment=secrets.token_bytes(DIGEST_BYTES)) for face in draft.faces
    )
    return replace(draft, faces=faces, tag=secrets.token_bytes(DIGEST_BYTES))
