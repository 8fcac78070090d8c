"""What is damaged: small files of every kind that proface reads, made here."""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from PIL import Image

import proface
from proface import video
from proface.files import images
from proface.keys import Derivation, Identity, Key
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions
from tests.video import clips

KEY = Key.derive("fuzz", bytes(16), Derivation("argon2id", time_cost=1, memory_kib=64, lanes=1))
"""Of all protected files, so that none costs a derivation."""
IDENTITY = Identity.generate()
"""Of the recipient of all protected pictures, and of grants."""
BOX = proface.Box(8, 8, 32, 32)
SEALED = ProtectOptions(
    look=LookOptions(obfuscator="pixelate"), keeping=KeepingOptions(profile="sealed")
)

Kind = Literal["picture", "manifest", "grant", "clip", "clip-manifest"]


@dataclass(frozen=True)
class Sample:
    """One good file."""

    kind: Kind
    name: str
    """With the extension that its damaged copies get."""
    data: bytes
    companion: bytes = b""
    """For a manifest or a grant: the picture or clip that it belongs to."""


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """All of them, the same in each process."""
    return (*_plain(), *_protected(), *_clips())


def _pixels() -> np.ndarray:
    rows, columns = np.mgrid[:48, :56]
    waves = [np.sin(rows / a) + np.cos(columns / b) for a, b in ((5, 7), (9, 4), (6, 11))]
    noise = np.random.default_rng(0).normal(0, 4, (48, 56, 3))
    return np.clip(127 + 50 * np.dstack(waves) + noise, 0, 255).astype(np.uint8)


def _plain() -> list[Sample]:
    image = Image.fromarray(_pixels())
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    saved = {
        "plain.png": ("PNG", image, {"exif": exif}),
        "alpha.png": ("PNG", image.convert("RGBA"), {}),
        "palette.gif": ("GIF", image.convert("P"), {}),
        "deep.png": ("PNG", Image.fromarray(_pixels()[:, :, 0].astype(np.uint16) * 257), {}),
        "plain.jpg": ("JPEG", image, {"exif": exif, "quality": 90}),
        "progressive.jpg": ("JPEG", image, {"progressive": True}),
        "cmyk.jpg": ("JPEG", image.convert("CMYK"), {}),
        "plain.webp": ("WEBP", image, {"exif": exif}),
        "plain.tif": ("TIFF", image, {"exif": exif}),
        "packed.tif": ("TIFF", image, {"compression": "tiff_lzw"}),
        "plain.bmp": ("BMP", image, {}),
        "plain.ppm": ("PPM", image, {}),
        "plain.jp2": ("JPEG2000", image, {}),
        "plain.avif": ("AVIF", image, {}),
    }
    made = []
    for name, (kind, picture, options) in saved.items():
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        made.append(Sample("picture", name, buffer.getvalue()))
    return made


def _protected() -> list[Sample]:
    made = []
    for carrier, name in (("pixels", "PNG"), ("file", "PNG"), ("file", "JPEG"), ("pixels", "TIFF")):
        result = proface.protect(
            _pixels(),
            KEY,
            recipients=IDENTITY.recipients,
            profile="sealed",
            carrier=carrier,
            faces=[BOX],
            obfuscator="pixelate",
        )
        data = result.encode(name)
        made.append(Sample("picture", f"{carrier}.{name.lower()}", data))
        text = (images.read(data).manifest or "").encode()
        made.append(Sample("manifest", f"{carrier}-{name.lower()}.json", text, data))
    grant = IDENTITY.decrypt(proface.grant(made[0].data, KEY, [0], IDENTITY.recipients))
    # What the age file holds, for whoever changes a file of age can but break it.
    made.append(Sample("grant", "grant.json", grant or b"", made[0].data))
    return made


def _clips() -> list[Sample]:
    made = []
    with TemporaryDirectory() as folder:
        place = Path(folder)
        frames = [each.pixels for each in clips.draw(3, 64, 48, side=40, first=0)]
        source = clips.write(place / "plain.mkv", frames)
        movie = clips.write(place / "plain.mp4", frames, audio="aac")
        made += [Sample("clip", path.name, path.read_bytes()) for path in (source, movie)]
        for manifest in ("embed", "detached"):
            out = place / f"{manifest}.mkv"
            video.protect(
                source, out, KEY, SEALED, video.ClipOptions(manifest=manifest), faces="whole"
            )
            made.append(Sample("clip", out.name, out.read_bytes()))
        text = video.detached_path(out).read_bytes()
        made.append(Sample("clip-manifest", "detached.json", text, out.read_bytes()))
    return made
