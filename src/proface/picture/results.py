"""What protecting, recovering and inspecting return, and how it becomes files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..arrays import Picture
from ..faces.boxes import Box
from ..files import chunks, images, output
from ..files.images import Photograph
from ..files.kinds import FileKind
from ..files.manifest import Manifest
from ..files.metadata import Format
from ..keys import PictureKey, SigningKey
from ..keys.signing import SignatureState
from ..timing import stage
from .rebinding import rebound

Scene = Literal["unchanged", "changed", "unknown"]
"""What became of pixels; ``unknown`` where a lossy format changes them all."""

DETACHED_SUFFIXES: dict[FileKind, str] = {"picture": ".proface.json", "video": ".proface.jsonl"}
"""What is added to a file's name for that of its detached manifest. A clip's has many lines: the
header, then an entry for each frame."""


@dataclass(frozen=True)
class _Result:
    photograph: Photograph
    """Pixels, alpha and colour profile, ready to be written."""
    manifest: Manifest
    """What recovery needs besides the password."""
    provider: str
    """What did the work: the runtime's provider that ran the network, or the processor."""
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
    """A picture whose faces are obfuscated, with the originals kept in it."""

    sources: tuple[Path, ...] = ()
    """Files that `save` must never overwrite."""
    seals: tuple[bytes, ...] = ()
    """The sealed faces, where the file shall carry them; the pixels alone are not enough then."""
    # For what a lossy format changes when it is written; None where the pixels carry the faces.
    _key: PictureKey | None = field(default=None, repr=False)
    _signing_key: SigningKey | None = field(default=None, repr=False)

    @stage("encode")
    def save(
        self,
        path: str | Path,
        manifest: Literal["embed", "detached"] = "embed",
        overwrite: bool = False,
    ) -> None:
        """Write the picture in the format of the path's suffix.

        Args:
            path: .png, .webp or .tif, all without loss; where the file carries the faces, .png,
                .webp or .jpg, which changes the pixels outside the faces for good.
            manifest: ``embed`` puts it into the file; ``detached`` writes it beside, to
                ``<path>.proface.json``, and leaves no sign in the picture's metadata, but for
                sealed faces that the file carries.
            overwrite: whether an existing file may be replaced.

        Raises:
            OutputError: the path has an unsuitable suffix, exists, be it that it appeared just
                before, is the input, or cannot be written; picture and manifest that were there
                are as they were.
        """
        path = Path(path)
        output.refuse_folder(path)
        file_format = images.format_for(path, self.manifest.carrier)
        data, written = self._encode(file_format, embed=manifest == "embed")
        files = {}
        if manifest == "detached":  # first, for without it the picture gives no face back
            files[detached_path(path)] = written.to_json().encode()
        files[path] = data
        output.write_all(files, overwrite, self.sources)

    def encode(self, file_format: Format, embed: bool = True) -> bytes:
        """The picture as the bytes of a file, for those who send it rather than save it.

        Args:
            file_format: ``PNG``, ``WEBP`` or ``TIFF``; where the file carries the faces, ``JPEG``
                instead of ``TIFF``.
            embed: whether the manifest goes into the file.

        Raises:
            OutputError: the format cannot hold the picture.
        """
        return self._encode(file_format, embed)[0]

    def _encode(self, file_format: Format, embed: bool) -> tuple[bytes, Manifest]:
        """The file, and the manifest that goes with it: a lossy format changes the scene."""
        manifest, seals = self.manifest, self.seals
        if file_format == "JPEG":
            written = images.read(images.encode(self.photograph, file_format, None))
            manifest, seals = rebound(manifest, seals, written, self._key, self._signing_key)
        packed = chunks.pack(seals) if manifest.carrier == "file" else None
        text = manifest.to_json() if embed else None
        return images.encode(self.photograph, file_format, text, packed), manifest


@dataclass(frozen=True)
class Recovered(_Result):
    """A picture with its faces back; with a wrong secret, what the profile's mode promises."""

    key_matched: bool | None = True
    """Whether the secret is the right one; None where that cannot be known, as with the paper's
    profiles."""
    sources: tuple[Path, ...] = ()
    """Files that `save` must never overwrite."""

    @stage("encode")
    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the picture, losslessly, in the format of the path's suffix.

        It shows what was protected, so only its owner may read it (mode 0600).

        Raises:
            OutputError: as for `Protected.save`.
        """
        path = Path(path)
        output.refuse_folder(path)
        data = self.encode(images.format_for(path, recovered=True))
        output.write(path, data, overwrite, self.sources, private=True)

    def encode(self, file_format: Format = "PNG") -> bytes:
        """The picture as the bytes of a file: ``PNG``, ``WEBP`` or ``TIFF``.

        Raises:
            OutputError: the format cannot hold the picture.
        """
        return images.encode(self.photograph, file_format, None)


@dataclass(frozen=True)
class Inspection:
    """What a protected picture says of itself, without any password."""

    manifest: Manifest
    problems: tuple[str, ...]
    """Why it cannot be recovered here as it is; empty if it can."""


Answer = Literal["yes", "no", "unknown"]
"""``unknown`` where nothing can be said with what was given."""


@dataclass(frozen=True)
class FaceVerdict:
    """What can be said of one face."""

    box: Box
    pixels: Scene
    """Whether its protected pixels are those that were written."""
    opens: Answer
    """Whether the original opens, and is authentic: the one that was protected here."""
    why: str = ""
    """What stands against it; empty if nothing."""


@dataclass(frozen=True)
class Verification:
    """What can be said of a protected picture."""

    manifest: Manifest
    authentic: Answer
    """Whether the manifest is as it was made, by someone who had the picture's key."""
    scene: Scene
    """Whether the pixels outside the faces are those that were protected."""
    faces: tuple[FaceVerdict, ...]
    signature: SignatureState
    """Who vouches for it."""

    @property
    def is_authentic(self) -> bool:
        """Whether it is all what was protected: manifest, scene, and nothing speaks against it.

        False, too, where the scene cannot be judged.
        """
        return self.authentic == "yes" and self.scene == "unchanged" and not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """What speaks against it, a sentence each."""
        found = []
        if self.authentic == "no":
            found.append("the manifest is not authentic: it was changed after it was made")
        if self.scene == "changed":
            found.append("the picture around the faces is not what was protected")
        for index, face in enumerate(self.faces):
            if face.pixels == "changed":
                found.append(f"the pixels of face {index} are not those that were written")
            if face.opens == "no":
                found.append(f"face {index} does not open: {face.why}")
        if self.signature == "invalid":
            found.append("the signature does not fit the picture")
        if self.signature == "missing":
            found.append("nobody signed the picture, though a signer was named")
        if self.signature == "another signer":
            found.append("somebody else signed the picture")
        return tuple(found)


def detached_path(path: Path, kind: FileKind = "picture") -> Path:
    """Where the detached manifest of a picture or a clip lies."""
    return path.with_name(path.name + DETACHED_SUFFIXES[kind])
