"""One picture, forth and back: the page that shows how everything else fits together.

read -> detect -> for each face: crop -> obfuscate -> flow.protect -> paste -> write + manifest
read + manifest -> key -> for each face: flow.recover -> paste -> write
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from . import imagefile, obfuscators
from .errors import BoxError, DamagedPictureError, ManifestError, NoFaceError, PasswordError
from .faces import Box, detect, prepare
from .flow import Flow, profiles
from .imagefile import Photograph, Source
from .keys import SALT_BYTES, Key
from .manifest import Face, Manifest
from .obfuscators import Picture

T = TypeVar("T")

DEFAULT_PROFILE = "paper-randwr"
DEFAULT_OBFUSCATOR = "gaussian"
DEFAULT_THRESHOLD = 0.2
DEFAULT_MASK_SCALE = 1.3
DETACHED_SUFFIX = ".proface.json"

FaceChoice = Literal["auto", "whole"] | Sequence[Box]
Progress = Callable[[int, int], object]
"""Called with the number of faces done and the number of all, first with 0."""


@dataclass(frozen=True)
class _Result:
    photograph: Photograph
    """Pixels, alpha and colour profile, ready to be written."""
    manifest: Manifest
    """What recovery needs besides the password."""
    provider: str
    """The runtime's provider that ran the network."""
    notes: tuple[str, ...]
    """Sentences that the user should read."""

    @property
    def pixels(self) -> Picture:
        """The picture: uint8, H x W x 3, RGB."""
        return self.photograph.pixels

    @property
    def faces(self) -> tuple[Box, ...]:
        """The regions that were protected or recovered; they do not overlap."""
        return tuple(face.box for face in self.manifest.faces)


@dataclass(frozen=True)
class Protected(_Result):
    """A picture whose faces are obfuscated, with the originals hidden in it."""

    sources: tuple[Path, ...] = ()
    """Files that `save` must never overwrite."""

    def save(
        self,
        path: str | Path,
        manifest: Literal["embed", "detached"] = "embed",
        overwrite: bool = False,
    ) -> None:
        """Write the picture, losslessly, in the format of the path's suffix.

        Args:
            path: .png, .webp or .tif.
            manifest: ``embed`` puts it into the file; ``detached`` writes it beside, to
                ``<path>.proface.json``, and leaves no sign in the picture's metadata.
            overwrite: whether an existing file may be replaced.

        Raises:
            OutputError: the path has a lossy or unknown suffix, exists, is the input, or cannot
                be written.
        """
        path = Path(path)
        text = self.manifest.to_json()
        embedded = text if manifest == "embed" else None
        data = imagefile.encode(self.photograph, imagefile.format_for(path), embedded)
        if manifest == "detached":
            # First the manifest: a picture without it could not be recovered.
            imagefile.write(detached_path(path), text.encode(), overwrite, self.sources)
        imagefile.write(path, data, overwrite, self.sources)


@dataclass(frozen=True)
class Recovered(_Result):
    """A picture with its faces back; with a wrong password, what the profile's mode promises."""

    sources: tuple[Path, ...] = ()
    """Files that `save` must never overwrite."""

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the picture, losslessly, in the format of the path's suffix.

        Raises:
            OutputError: as for `Protected.save`.
        """
        path = Path(path)
        data = imagefile.encode(self.photograph, imagefile.format_for(path), None)
        imagefile.write(path, data, overwrite, self.sources)


@dataclass(frozen=True)
class Inspection:
    """What a protected picture says of itself, without any password."""

    manifest: Manifest
    problems: tuple[str, ...]
    """Why it cannot be recovered here as it is; empty if it can."""


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
    providers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Protected:
    """Hide the faces of a picture, reversibly.

    Args:
        picture: a path, a file's bytes, a Pillow image, or a uint8 array (H x W x 3 RGB,
            H x W x 4 RGBA, H x W grey).
        password: or a `Key`; either way every picture gets keys of its own.
        profile: the trained model, one of `proface.profiles()`.
        obfuscator: how faces are hidden, one of `proface.obfuscators.names()`.
        strength: of the obfuscator, in pixels of a 112-pixel face; None for its default.
        faces: ``auto`` detects them, ``whole`` takes the whole picture for one face, or boxes.
        threshold: smallest score of a detection, 0 to 1.
        mask_scale: factor on the sides of detected boxes; given boxes are taken as they are.
        providers: ONNX Runtime providers in order of preference; None for the processor.
        progress: called after each face.

    Returns:
        The protected picture. Pixels outside its faces are the input's, bit for bit.

    Raises:
        NoFaceError: none was found.
        ProfaceError: its other subclasses, for bad pictures, boxes, names or passwords.
    """
    hide = obfuscators.get(obfuscator)
    flow = Flow.load(profile, providers)
    photograph = imagefile.read(picture)
    boxes = _choose_faces(photograph.pixels, faces, threshold, mask_scale)
    key = password if isinstance(password, Key) else Key.derive(password)
    picture_salt = secrets.token_bytes(SALT_BYTES)
    picture_key = key.for_picture(picture_salt)
    pixels = photograph.pixels.copy()
    entries = []
    for index, box in _counted(boxes, progress):
        original = photograph.pixels[box.window]
        obfuscated = hide.apply(original, strength)
        pixels[box.window] = flow.protect(original, obfuscated, picture_key, index)
        entries.append(Face(box, digest(pixels[box.window])))
    manifest = Manifest(
        profile=profile,
        width=pixels.shape[1],
        height=pixels.shape[0],
        obfuscator=obfuscator,
        strength=strength,
        derivation=key.derivation,
        salt=key.salt,
        picture_salt=picture_salt,
        faces=tuple(entries),
        grey=photograph.grey,
    )
    notes = photograph.notes if flow.card.secret else (*photograph.notes, _no_secrecy(profile))
    result = replace(photograph, pixels=pixels, grey=False)
    return Protected(result, manifest, flow.provider, notes, _paths(picture))


def recover(
    picture: Source,
    password: str | Key,
    *,
    manifest: Manifest | Path | str | None = None,
    accept_damage: bool = False,
    providers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Recovered:
    """Give a protected picture its faces back.

    A wrong password is no error: the faces come back as the profile's wrong-recovery mode
    promises, as noise or still obfuscated.

    Args:
        picture: as for `protect`.
        password: or the `Key` that protected the picture.
        manifest: the manifest, or its file; None for the one in the picture, or beside it in
            ``<picture>.proface.json``.
        accept_damage: whether to recover what is left of faces whose pixels were changed.
        providers: as for `protect`.
        progress: as for `protect`.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: the picture was resized, saved with loss, or its faces edited.
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
    flow = Flow.load(facts.profile, providers)
    picture_key = _key_for(password, facts).for_picture(facts.picture_salt)
    pixels = photograph.pixels.copy()
    for index, face in _counted(facts.faces, progress):
        pixels[face.box.window] = flow.recover(pixels[face.box.window], picture_key, index)
    result = replace(photograph, pixels=pixels, grey=facts.grey)
    return Recovered(result, facts, flow.provider, (*photograph.notes, *damage), _paths(picture))


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
    return Inspection(facts, tuple(problems))


def digest(region: Picture) -> str:
    """SHA-256 of a region's bytes, row by row, RGB; hexadecimal."""
    return hashlib.sha256(region.tobytes()).hexdigest()


def detached_path(picture: Path) -> Path:
    """Where a picture's detached manifest lies."""
    return picture.with_name(picture.name + DETACHED_SUFFIX)


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


def _paths(picture: Source) -> tuple[Path, ...]:
    return (Path(picture),) if isinstance(picture, str | Path) else ()


def _no_secrecy(profile: str) -> str:
    return (
        f"the profile '{profile}' reproduces the paper and does not keep a picture secret: anyone "
        "can train a network that recovers most of it without the password"
    )
