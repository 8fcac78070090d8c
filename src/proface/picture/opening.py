"""From a secret and a manifest to the keys of faces: nothing is opened before it is checked."""

from collections.abc import Callable

from ..errors import GrantError
from ..files.authentication import check_commitment, check_tag
from ..files.manifest import Manifest
from ..keys import DirectSlot, FaceKey, Grant, PictureKey, Secret
from ..keys.slots import unwrap

FaceKeys = PictureKey | Grant
"""What has the keys of faces: all of them, or those that were granted."""


def open_manifest(manifest: Manifest, secret: Secret | Grant, allow_weak: bool = False) -> FaceKeys:
    """The keys of a picture's faces; the manifest is authentic then, if its profile has that.

    Args:
        manifest: from a file of unknown origin.
        secret: a password, a key, an identity, or a grant.
        allow_weak: see `proface.keys.slots.unwrap`.

    Raises:
        WrongKeyError: the secret is another one.
        PasswordError: it is empty, or the derivation is weak.
        GrantError: the grant is for another picture.
        AuthenticityError: the manifest was changed after the picture was protected.
    """
    if isinstance(secret, Grant):
        check_grant(manifest, secret)
        return secret
    key = unwrap(manifest.slots, secret, allow_weak)
    if is_authenticated(manifest):
        check_tag(manifest, key)
    return key


def is_authenticated(manifest: Manifest) -> bool:
    """Whether the manifest's profile authenticates; the paper's profiles do not."""
    return not isinstance(manifest.slots[0], DirectSlot)


def check_grant(manifest: Manifest, grant: Grant) -> None:
    """Refuse a grant for another picture, or one whose manifest was changed.

    Raises:
        GrantError: it is for another picture.
        AuthenticityError: a granted face's commitment does not fit.
    """
    grant.check_picture(manifest.identifier, "picture")
    for index, key in grant.faces.items():
        if index >= len(manifest.faces):
            raise GrantError(f"the grant is for face {index}, which the picture does not have")
        check_commitment(manifest, index, key)


def checked_keys(manifest: Manifest, keys: FaceKeys) -> Callable[[int], FaceKey | None]:
    """Gives the key of each region once its commitment has been checked.

    What it returns raises `AuthenticityError` for a face that has another key.
    """

    def face_key(index: int) -> FaceKey | None:
        key = keys.face(index)
        if key is not None and is_authenticated(manifest):
            check_commitment(manifest, index, key)
        return key

    return face_key
