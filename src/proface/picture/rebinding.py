"""Faces that the file carries, bound to the scene as a lossy format has written it."""

from collections.abc import Sequence
from dataclasses import replace

from ..files.authentication import authenticated, digest, scene_digest
from ..files.images import Photograph
from ..files.manifest import Manifest
from ..keys import PictureKey, SigningKey
from ..profile.sealed.encryption import seal, unseal


def rebound(
    manifest: Manifest,
    seals: Sequence[bytes],
    written: Photograph,
    key: PictureKey | None,
    signing_key: SigningKey | None,
) -> tuple[Manifest, tuple[bytes, ...]]:
    """Manifest and seals for other pixels of the same size.

    Args:
        manifest: of the picture as it was protected; its carrier is the file.
        seals: of its faces.
        written: the picture as the file will show it.
        key: of the picture; None for a decoy, whose seals and tags are random and stay so.
        signing_key: of who protects it; None for no signature.
    """
    boxes = [face.box for face in manifest.faces]
    scene = scene_digest(written.pixels, boxes, written.alpha)
    faces = [
        replace(face, sha256=digest(written.pixels[face.box.window])) for face in manifest.faces
    ]
    draft = replace(manifest, scene=scene, faces=tuple(faces))
    if key is None:
        return draft, tuple(seals)
    moved = []
    for index, (box, sealed) in enumerate(zip(boxes, seals, strict=True)):
        place = key.face(index), box.height, box.width
        plaintext = unseal(sealed, *place, manifest.associated(index))
        moved.append(seal(plaintext, *place, draft.associated(index)))
    return authenticated(draft, key, signing_key), tuple(moved)
