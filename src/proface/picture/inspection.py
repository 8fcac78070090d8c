"""What a protected picture says of itself: its manifest, its seals, what has changed since."""

from pathlib import Path

from ..errors import AuthenticityError, DamagedPictureError, ManifestError
from ..files import chunks
from ..files.authentication import digest, scene_digest
from ..files.images import Photograph, PictureSource
from ..files.manifest import Manifest
from .results import Scene, detached_path


def find_manifest(
    picture: PictureSource, photograph: Photograph, given: Manifest | Path | str | None
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
    for path in paths_of(picture):
        if detached_path(path).exists():
            return Manifest.load(detached_path(path))
    lossy = " It is in a lossy format, so what was kept in it is gone." if photograph.lossy else ""
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


def scene_of(photograph: Photograph, manifest: Manifest) -> Scene:
    """Whether the pixels outside all regions are those that were written.

    A lossy format changes them all; so there, ``unknown`` stands for ``changed``.
    """
    boxes = [face.box for face in manifest.faces]
    if scene_digest(photograph.pixels, boxes, photograph.alpha) == manifest.scene:
        return "unchanged"
    return "unknown" if photograph.lossy else "changed"


def check_scene(photograph: Photograph, manifest: Manifest, accept_damage: bool) -> list[str]:
    """What there is to say of a scene that was changed.

    Raises:
        AuthenticityError: it was changed, the picture's pixels carry the faces, and damage is not
            accepted.
    """
    scene = scene_of(photograph, manifest)
    if scene == "unchanged":
        return []
    if scene == "unknown":
        return [
            "the picture was saved with loss after it was protected: whether the faces belong to "
            "this scene cannot be said"
        ]
    message = (
        "the picture around the faces was changed after it was protected: the faces may have been "
        "in another scene"
    )
    if manifest.carrier == "pixels" and not accept_damage:
        raise AuthenticityError(f"{message}; to recover them all the same, accept damage")
    return [message]


def find_seals(photograph: Photograph, manifest: Manifest) -> list[bytes]:
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
    return chunks.unpack(photograph.seals, len(manifest.faces))


def paths_of(picture: PictureSource) -> tuple[Path, ...]:
    """The path of a picture that has one."""
    return (Path(picture),) if isinstance(picture, str | Path) else ()
