"""What can be said of a protected picture: is it authentic, and is it whole?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import AuthenticityError, DamagedPictureError, ManifestError
from ..files import images
from ..files.authentication import digest, signature_of
from ..files.images import Photograph, PictureSource
from ..files.manifest import Manifest
from ..keys import Grant, Secret
from ..keys.signing import load_signer
from ..profile.base import Profile, ProtectedFace
from ..profile.choice import for_recovery
from .inspection import find_manifest, find_seals, scene_of
from .opening import FaceKeys, checked_keys, is_authenticated, open_manifest
from .results import Answer, FaceVerdict, Scene, Verification


def verify(
    picture: PictureSource,
    secret: Secret | Grant | None = None,
    *,
    manifest: Manifest | Path | str | None = None,
    signer: str | Path | bytes | None = None,
    allow_weak: bool = False,
    providers: Sequence[str] | None = None,
) -> Verification:
    """Say what can be said of a protected picture, without writing anything.

    Without a secret, only the signature proves anything; digests tell whether pixels fit a
    manifest that may have been forged. With one, everything is checked: manifest, scene, and that
    each face opens.

    Args:
        picture: as for `proface.protect`.
        secret: as for `proface.recover`; None for what can be said without.
        manifest: as for `proface.recover`.
        signer: a PEM file, or its bytes, with the Ed25519 public key of who should have protected
            the picture.
        allow_weak: as for `proface.recover`.
        providers: as for `proface.recover`.

    Raises:
        WrongKeyError: the secret is another one.
        ManifestError: there is no manifest, or a bad one.
        IdentityError: the signer's key cannot be read.
        ProfaceError: its other subclasses, for bad pictures or missing models.
    """
    wanted = None if signer is None else load_signer(signer)
    photograph = images.read(picture)
    found = find_manifest(picture, photograph, manifest)
    keys, authentic = _keys(found, secret, allow_weak)
    fits = photograph.pixels.shape[:2] == (found.height, found.width)
    scene: Scene = scene_of(photograph, found) if fits else "changed"
    faces = _faces(photograph, found, keys, fits, providers)
    return Verification(
        manifest=found,
        authentic=authentic,
        scene=scene,
        faces=faces,
        signature=signature_of(found, wanted),
    )


def _keys(
    manifest: Manifest, secret: Secret | Grant | None, allow_weak: bool
) -> tuple[FaceKeys | None, Answer]:
    if secret is None:
        return None, "unknown"
    try:
        keys = open_manifest(manifest, secret, allow_weak)
    except AuthenticityError:
        return None, "no"
    return keys, "yes" if is_authenticated(manifest) else "unknown"


def _faces(
    photograph: Photograph,
    manifest: Manifest,
    keys: FaceKeys | None,
    fits: bool,
    providers: Sequence[str] | None,
) -> tuple[FaceVerdict, ...]:
    """The verdict on each face."""
    if not fits:
        why = "the picture was resized or cropped"
        return tuple(FaceVerdict(face.box, "changed", "no", why) for face in manifest.faces)
    try:
        seals = find_seals(photograph, manifest)
    except (DamagedPictureError, ManifestError) as error:
        return tuple(FaceVerdict(face.box, "unknown", "no", str(error)) for face in manifest.faces)
    opener = None
    if keys is not None:
        opener = _Opener(manifest, keys, for_recovery(manifest, providers))
    verdicts = []
    for index, face in enumerate(manifest.faces):
        region = photograph.pixels[face.box.window]
        # Where the file carries the faces, a lossy format may change the pixels.
        may_change = photograph.lossy and manifest.carrier == "file"
        changed: Scene = "unknown" if may_change else "changed"
        state: Scene = "unchanged" if digest(region) == face.sha256 else changed
        opens: tuple[Answer, str] = ("unknown", "")
        if opener is not None:
            opens = opener.answer(ProtectedFace(region, face.extra, seals[index]), index)
        verdicts.append(FaceVerdict(face.box, state, *opens))
    return tuple(verdicts)


@dataclass(frozen=True)
class _Opener:
    """Tries to open faces."""

    manifest: Manifest
    keys: FaceKeys
    profile: Profile

    def answer(self, face: ProtectedFace, index: int) -> tuple[Answer, str]:
        """Whether a face opens, and why not."""
        try:
            key = checked_keys(self.manifest, self.keys)(index)
            if key is None:
                return "unknown", "the grant is not for this face"
            self.profile.recover(face, key, index, self.manifest.associated(index))
        except DamagedPictureError as error:
            return "no", str(error)
        if is_authenticated(self.manifest):
            return "yes", ""
        return "unknown", "the paper's profiles give something back whatever they are given"
