"""Protected pictures that tests of evidence change and try to open."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from skimage.data import astronaut

import proface
from proface import Box, Manifest
from proface.files import images
from proface.files.images import Photograph

BOXES = (Box(70, 20, 64, 64), Box(130, 100, 64, 64), Box(10, 110, 64, 64))
CARRIERS = {
    "png": ("png", "pixels", "embed"),
    "webp": ("webp", "pixels", "embed"),
    "tiff": ("tif", "pixels", "embed"),
    "jpeg": ("jpg", "file", "embed"),
    "file in png": ("png", "file", "embed"),
    "file in webp": ("webp", "file", "embed"),
    "detached": ("png", "pixels", "detached"),
    "detached jpeg": ("jpg", "file", "detached"),
}
"""Suffix, carrier, and where the manifest goes."""


def scene() -> np.ndarray:
    """NASA's astronaut's head and shoulders, public domain: 201 x 220 x 3."""
    return np.ascontiguousarray(astronaut()[20:221, 110:330])


def with_alpha(pixels: np.ndarray) -> np.ndarray:
    """The same with an uneven transparency."""
    alpha = np.random.default_rng(0).integers(100, 256, pixels.shape[:2], dtype=np.uint8)
    return np.dstack([pixels, alpha])


@dataclass(frozen=True)
class File:
    """A protected picture in a file, taken apart."""

    path: Path
    photograph: Photograph
    manifest: Manifest
    detached: Path | None

    @classmethod
    def save(cls, protected: proface.Protected, path: Path, where: str = "embed") -> "File":
        """Write a picture, and read it as an attacker does."""
        protected.save(path, where)
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> "File":
        """Of a picture that is there."""
        found = images.read(path)
        beside = None if found.manifest else path.with_name(f"{path.name}.proface.json")
        text = found.manifest if beside is None else beside.read_text()
        return cls(path, found, Manifest.from_json(text), beside)

    def tampered(self, **changes: object) -> Path:
        """Write it with other pixels, alpha, seals, or another manifest, for the same path.

        Whatever of a JPEG stays the same is written byte for byte, and no pixel is encoded again.
        """
        manifest = changes.pop("manifest", self.manifest)
        text = manifest.to_json()
        if self.detached is not None:
            self.detached.write_text(text)
        embedded = None if self.detached is not None else text
        photograph = replace(self.photograph, **changes)
        form = {"jpg": "JPEG", "tif": "TIFF"}.get(
            self.path.suffix[1:], self.path.suffix[1:].upper()
        )
        if form == "JPEG" and not {"pixels", "alpha"} & changes.keys():
            self.path.write_bytes(self._rewritten(embedded, photograph.seals))
        else:
            self.path.write_bytes(images.encode(photograph, form, embedded, photograph.seals))
        return self.path

    def _rewritten(self, text: str | None, seals: bytes | None) -> bytes:
        data = self.path.read_bytes()
        bare = b"\xff\xd8"
        position = 2
        while data[position + 1] != 0xDA:
            end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
            bare += b"" if data[position + 1] == 0xEA else data[position:end]
            position = end
        bare += data[position:]
        for kind, content in (("seals", seals), ("manifest", text and text.encode())):
            if content is not None:
                bare = images.chunks.insert(bare, kind, content)
        return bare
