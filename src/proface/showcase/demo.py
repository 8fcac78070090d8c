"""A demonstration: one picture protected, recovered, and tried with a wrong password.

Everything shown and measured is read back from the files that were written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..arrays import Picture
from ..errors import OutputError
from ..faces.boxes import Box
from ..files import images, output
from ..keys import Access
from ..picture import protection
from ..picture.options import (
    DEFAULT_OBFUSCATOR,
    DEFAULT_PROFILE,
    KeepingOptions,
    LookOptions,
    ProtectOptions,
)
from ..picture.pixels import obfuscate_regions
from ..picture.regions import choose
from ..profile.base import WrongRecovery
from ..profile.choice import facts
from ..profile.quality import psnr

SAMPLE = Path(__file__).parent / "samples" / "astronaut.jpg"
"""NASA's picture of Eileen Collins; public domain."""
PASSWORD = "correct horse battery staple"  # noqa: S105 - shown to everyone, protects nothing
WRONG_PASSWORD = "correct horse battery stapler"  # noqa: S105
FACE_ROWS = 4
"""How many faces are shown enlarged; the largest ones are taken."""
MAGNIFICATION = 10
"""Factor on the difference between recovered and original, to make it visible."""


@dataclass(frozen=True)
class Figures:
    """PSNR over the pixels of all faces, in dB, between pictures read from files."""

    obfuscated: float
    """Obfuscated against original: how little of the face is left."""
    protected: float
    """Protected against obfuscated: how little the kept original can be seen."""
    recovered: float
    """Recovered against original."""
    wrong_original: float
    """With the wrong password, against the original."""
    wrong_obfuscated: float
    """With the wrong password, against the obfuscated."""
    largest: int
    """Largest difference of a sample between recovered and original, 0 to 255."""
    identical_outside: bool
    """Whether protected and recovered equal the original, bit for bit, outside the faces."""


@dataclass(frozen=True)
class Demonstration:
    """What was written, and what was measured."""

    protected: Path
    recovered: Path
    wrong: Path
    """The picture as a wrong password recovers it."""
    sheet: Path
    """All pictures side by side."""
    faces: tuple[Box, ...]
    figures: Figures
    provider: str
    """What did the work, as for `Protected.provider`."""
    notes: tuple[str, ...]
    """Sentences for the user."""


def run(
    folder: Path,
    picture: Path = SAMPLE,
    *,
    profile: str = DEFAULT_PROFILE,
    obfuscator: str = DEFAULT_OBFUSCATOR,
    overwrite: bool = False,
) -> Demonstration:
    """Protect a picture, recover it, try a wrong password, and draw a comparison sheet.

    Args:
        folder: gets protected.png, recovered.png, wrong-password.png and sheet.png; made where
            it is missing.
        picture: any photograph with a face; the sample by default.
        profile: one of `proface.profiles()`.
        obfuscator: what makes the obfuscated faces, at its default strength.
        overwrite: whether files of an earlier demonstration may be replaced.

    Raises:
        NoFaceError: the picture has no face; nothing is written.
        OutputError: a file exists, or the folder cannot be made.
        ProfaceError: as for `proface.protect`.
    """
    names = ("protected", "recovered", "wrong-password", "sheet")
    protected, recovered, wrong, sheet = (folder / f"{name}.png" for name in names)
    _check_folder(folder, (protected, recovered, wrong, sheet), overwrite)
    options = ProtectOptions(LookOptions(obfuscator), keeping=KeepingOptions(profile))
    result = protection.protect_as(options, picture, lambda: Access.of(PASSWORD))
    folder.mkdir(parents=True, exist_ok=True)
    result.save(protected, overwrite=overwrite)
    protection.recover(protected, PASSWORD).save(recovered, overwrite)
    # Where a wrong password is an error, there would be no picture to show.
    is_error = facts(profile).wrong_recovery == "error"
    shown: WrongRecovery | None = "obfuscated" if is_error else None
    protection.recover(protected, WRONG_PASSWORD, wrong_recovery=shown).save(wrong, overwrite)

    original = images.read(picture).pixels
    regions = choose(original, "auto", options.detection)
    views = [original, obfuscate_regions(original, regions, options.look)]
    views += [images.read(path).pixels for path in (protected, recovered, wrong)]
    figures = _measure(views, result.faces)
    title = f"{picture.name}, protected with {profile}, {obfuscator}"
    drawing = draw_sheet(views, result.faces, figures, title)
    photograph = images.read(np.asarray(drawing))
    output.write(sheet, images.encode(photograph, "PNG", None), overwrite, private=True)
    return Demonstration(
        protected, recovered, wrong, sheet, result.faces, figures, result.provider, result.notes
    )


def _check_folder(folder: Path, paths: Sequence[Path], overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; name a folder")
    for path in paths if folder.is_dir() else ():
        output.check_output(path, overwrite)


def _measure(views: Sequence[Picture], boxes: Sequence[Box]) -> Figures:
    inside = np.zeros(views[0].shape[:2], dtype=bool)
    for box in boxes:
        inside[box.window] = True
    original, obfuscated, protected, recovered, wrong = (view[inside] for view in views)
    outside = [views[index][~inside] for index in (0, 2, 3)]
    return Figures(
        obfuscated=psnr(obfuscated, original),
        protected=psnr(protected, obfuscated),
        recovered=psnr(recovered, original),
        wrong_original=psnr(wrong, original),
        wrong_obfuscated=psnr(wrong, obfuscated),
        largest=int(np.abs(recovered.astype(np.int16) - original).max()),
        identical_outside=all(np.array_equal(outside[0], other) for other in outside[1:]),
    )


# The sheet: all lengths in pixels.
_MARGIN, _GAP, _CELL = 48, 16, 300
_TALLEST = 420
_INK, _GREY, _MARK = (24, 24, 27), (113, 113, 122), (250, 204, 21)
_HEADINGS = (
    "original",
    "obfuscated",
    "protected",
    "recovered",
    "wrong password",
    f"difference x {MAGNIFICATION}",
)


def draw_sheet(
    views: Sequence[Picture], boxes: Sequence[Box], figures: Figures, title: str
) -> Image.Image:
    """The comparison sheet: a column for each view, a row for the whole picture and for each face.

    Args:
        views: original, obfuscated, protected, recovered, wrong password; uint8, H x W x 3, RGB.
        boxes: the faces; the largest four are shown.
        figures: for the captions.
        title: the first line.
    """
    difference = np.abs(views[3].astype(np.int16) - views[0]) * MAGNIFICATION
    columns = [*views, np.minimum(difference, 255).astype(np.uint8)]
    shown = sorted(boxes, key=lambda box: box.width * box.height, reverse=True)[:FACE_ROWS]
    height, width = views[0].shape[:2]
    labels = [f"the whole picture, {width} x {height} pixels"]
    rows = [[_fit(column) for column in columns]]
    for place, box in enumerate(shown, 1):
        labels.append(f"face {place}, {box.width} x {box.height} pixels")
        rows.append([_fit(column[box.window]) for column in columns])
    _mark(rows[0][0], shown, rows[0][0].width / width)

    head, label_height, foot = 128, 34, 52
    sheet_width = 2 * _MARGIN + len(columns) * _CELL + (len(columns) - 1) * _GAP
    sheet_height = head + sum(row[0].height + label_height + _GAP for row in rows) + foot + _MARGIN
    sheet = Image.new("RGB", (sheet_width, sheet_height), "white")
    draw = ImageDraw.Draw(sheet)
    lefts = [_MARGIN + index * (_CELL + _GAP) for index in range(len(columns))]
    draw.text((_MARGIN, _MARGIN - 8), title, _INK, ImageFont.load_default(30))
    for left, heading in zip(lefts, _HEADINGS, strict=True):
        draw.text((left, head - 24), heading, _INK, ImageFont.load_default(21))
    top = head
    for label, row in zip(labels, rows, strict=True):
        draw.text((_MARGIN, top + 10), label, _GREY, ImageFont.load_default(15))
        for left, cell in zip(lefts, row, strict=True):
            sheet.paste(cell, (left + (_CELL - cell.width) // 2, top + label_height))
        top += row[0].height + label_height + _GAP
    for left, lines in zip(lefts, _captions(figures), strict=True):
        colour = _INK if left > _MARGIN else _GREY
        draw.multiline_text((left, top), lines, colour, ImageFont.load_default(17), spacing=7)
    return sheet


def _captions(figures: Figures) -> tuple[str, ...]:
    outside = "no difference" if figures.identical_outside else "DIFFERENT"
    return (
        "PSNR over the faces,\nfrom the files as saved",
        f"{figures.obfuscated:.1f} dB to original",
        f"{figures.protected:.1f} dB to obfuscated",
        f"{figures.recovered:.1f} dB to original",
        f"{figures.wrong_original:.1f} dB to original\n"
        f"{figures.wrong_obfuscated:.1f} dB to obfuscated",
        f"largest in a face: {figures.largest} of 255\noutside the faces: {outside}",
    )


def _fit(pixels: Picture) -> Image.Image:
    """Scale into a cell; pixels that are enlarged stay squares with sharp edges."""
    height, width = pixels.shape[:2]
    scale = min(_CELL / width, _TALLEST / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(pixels)
    if scale <= 1:
        return image.resize(size, Image.Resampling.LANCZOS)
    # By a whole factor first, so that all squares are of one size after the reduction.
    factor = ceil(scale)
    squares = image.resize((width * factor, height * factor), Image.Resampling.NEAREST)
    return squares.resize(size, Image.Resampling.BOX)


def _mark(cell: Image.Image, boxes: Sequence[Box], scale: float) -> None:
    """Outline the faces that have a row of their own, and write their places beside them."""
    draw = ImageDraw.Draw(cell)
    for place, box in enumerate(boxes, 1):
        left, top = box.x * scale, box.y * scale
        draw.rectangle((left, top, box.right * scale, box.bottom * scale), None, _MARK, 2)
        if len(boxes) > 1:
            # Above the face if there is room, so that the face stays visible.
            plate = (left, max(0, top - 16), left + 13, max(0, top - 16) + 16)
            draw.rectangle(plate, _MARK)
            draw.text((left + 3, plate[1]), str(place), _INK, ImageFont.load_default(14))
