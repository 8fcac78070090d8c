"""What makes a manifest evidence: scene digest, commitments, signature and tag.

    scene         SHA-256(label, height, width, RGB with zeros in all regions, alpha if not opaque)
    commitment_i  HMAC-SHA256(subkey of face key i, statement and index)
    signature     Ed25519(signer, label and vouched text), if wanted
    tag           HMAC-SHA256(subkey of the picture's key, tagged text)

A commitment fits one key alone, because HMAC-SHA256 and HKDF-SHA256 resist collisions: no face
opens to two originals under two keys. It also lets whoever holds one face's key alone check all
that the manifest says of the picture.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..arrays import Picture
from ..errors import AuthenticityError
from ..faces.boxes import Box
from ..keys import FaceKey, PictureKey, SigningKey
from ..keys.signing import SignatureState, state_of
from ..timing import stage
from .manifest import Manifest

_SCENE = b"proface/v2/scene\0"
_SIGNED = b"proface/v2/signature\0"


def digest(region: Picture) -> str:
    """SHA-256 of a region's bytes, row by row, RGB; hexadecimal."""
    return hashlib.sha256(region.tobytes()).hexdigest()


@stage("key")
def scene_digest(
    pixels: Picture, boxes: Iterable[Box], alpha: NDArray[np.uint8] | None = None
) -> str:
    """SHA-256 of all that lies outside the regions; hexadecimal.

    Args:
        pixels: uint8, H x W x 3, RGB.
        boxes: the regions, within the picture.
        alpha: uint8, H x W; None for a picture without. One that is opaque everywhere counts as
            none, for WebP does not keep it.
    """
    scene = pixels.copy()
    for box in boxes:
        scene[box.window] = 0
    digest = hashlib.sha256(_SCENE + struct.pack(">2I", *pixels.shape[:2]))
    digest.update(scene.data)
    if alpha is not None and alpha.min() < 255:
        digest.update(np.ascontiguousarray(alpha).data)
    return digest.hexdigest()


def authenticated(draft: Manifest, key: PictureKey, signing_key: SigningKey | None) -> Manifest:
    """A manifest with commitments, signature and tag.

    Args:
        draft: the manifest, with all digests.
        key: of the picture.
        signing_key: None for no signature.
    """
    faces = tuple(
        replace(face, commitment=commitment(draft.statement, index, key.face(index)))
        for index, face in enumerate(draft.faces)
    )
    whole = replace(draft, faces=faces, signature=None)
    if signing_key is not None:
        whole = replace(whole, signature=signing_key.sign(_SIGNED + whole.vouched))
    return tagged(whole, key)


def tagged(manifest: Manifest, key: PictureKey) -> Manifest:
    """A manifest with its tag made anew, as after an exchange of slots."""
    bare = replace(manifest, tag=b"")
    return replace(bare, tag=_mac(key.subkey("manifest"), bare.tagged))


def check_tag(manifest: Manifest, key: PictureKey) -> None:
    """Refuse a manifest that is not as it was made.

    Raises:
        AuthenticityError: so it is.
    """
    expected = _mac(key.subkey("manifest"), manifest.tagged)
    if not hmac.compare_digest(manifest.tag, expected):
        raise AuthenticityError(
            "the manifest is not authentic: it was changed after the picture was protected"
        )


def check_commitment(manifest: Manifest, index: int, key: FaceKey) -> None:
    """Refuse a face that this key was not made for, or of which the manifest says something else.

    Raises:
        AuthenticityError: so it is.
    """
    expected = commitment(manifest.statement, index, key)
    if not hmac.compare_digest(manifest.faces[index].commitment, expected):
        raise AuthenticityError(
            f"face {index} is not authentic: its key is another one, or what the manifest says of "
            "the picture was changed after it was protected"
        )


def signature_of(manifest: Manifest, wanted: bytes | None) -> SignatureState:
    """What a manifest's signature proves, see `proface.keys.signing.state_of`."""
    return state_of(manifest.signature, _SIGNED + manifest.vouched, wanted)


def commitment(statement: bytes, index: int, key: FaceKey) -> bytes:
    """What ties a statement to the one key of a face; 32 bytes."""
    return _mac(key.subkey("commitment"), statement + struct.pack(">I", index))


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
