"""Who else may open a protected picture: grants of single faces, and other slots."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import GrantError, ManifestError
from ..files import images
from ..files.authentication import check_tag, tagged
from ..files.images import PictureSource
from ..files.manifest import Manifest
from ..keys import Access, PictureKey, Secret, grants
from ..keys.slots import unwrap, wrap
from .inspection import find_manifest
from .opening import is_authenticated


def grant(
    picture: PictureSource,
    secret: Secret,
    faces: Sequence[int],
    recipients: str | Sequence[str],
    *,
    manifest: Manifest | Path | str | None = None,
    allow_weak: bool = False,
) -> bytes:
    """A small age file that opens some faces of a picture, and no others.

    Args:
        picture: as for `proface.protect`.
        secret: as for `proface.recover`; a grant cannot be granted on.
        faces: indices of the faces, from 0, as `proface.inspect` lists them.
        recipients: who may open them, see `proface.keys.recipients`.
        manifest: as for `proface.recover`.
        allow_weak: as for `proface.recover`.

    Returns:
        The grant, for a file; who has one of the recipients' identities opens it with
        `Grant.open`.

    Raises:
        GrantError: the picture has no such face, or its profile knows no grants.
        RecipientError: a recipient is none, or there is none.
        WrongKeyError: the secret is another one.
        AuthenticityError: the manifest was changed after the picture was protected.
        ProfaceError: its other subclasses, for bad pictures or manifests.
    """
    found = find_manifest(picture, images.read(picture), manifest)
    check_faces(found, faces)
    key = opened_key(found, secret, allow_weak)
    return grants.make(key, found.identifier.hex(), faces, recipients)


def check_faces(manifest: Manifest, faces: Sequence[int]) -> None:
    """Refuse a face that is not in the picture.

    Raises:
        GrantError: so it is.
    """
    count = len(manifest.faces)
    for face in faces:
        if not 0 <= face < count:
            has = f"faces 0 to {count - 1}" if count > 1 else "face 0 alone"
            raise GrantError(f"there is no face {face}; the picture has {has}")


def shared(manifest: Manifest, faces: Sequence[int]) -> list[str]:
    """Sentences on granted regions that hold several faces, which open together."""
    return [
        f"region {face} holds {manifest.faces[face].members} faces, which the grant opens together"
        for face in faces
        if manifest.faces[face].members > 1
    ]


def rekeyed(
    manifest: Manifest, secret: Secret, access: Access, allow_weak: bool = False
) -> Manifest:
    """A manifest with other slots: the pixels, grants and signatures stay good.

    Copies of the picture that are out already keep their slots.

    Args:
        manifest: of the picture.
        secret: as for `proface.recover`.
        access: who may open it from then on.
        allow_weak: as for `proface.recover`.

    Raises:
        WrongKeyError: the secret is another one.
        AuthenticityError: the manifest was changed after the picture was protected.
        ManifestError: its profile wraps no key.
        ProfaceError: as for `proface.keys.slots.wrap`.
    """
    key = opened_key(manifest, secret, allow_weak)
    slots = wrap(key, access.key, access.recipients)
    return tagged(replace(manifest, slots=slots), key)


def opened_key(manifest: Manifest, secret: Secret, allow_weak: bool) -> PictureKey:
    """The key of a picture whose manifest is authentic.

    Raises:
        ManifestError: the profile authenticates nothing.
        ProfaceError: as for `proface.keys.slots.unwrap` and `check_tag`.
    """
    if not is_authenticated(manifest):
        raise ManifestError(
            f"the paper's profile '{manifest.profile}' wraps no key: there are no grants of its "
            "faces, and its password cannot be changed"
        )
    key = unwrap(manifest.slots, secret, allow_weak)
    check_tag(manifest, key)
    return key
