"""All obfuscators side by side, on one face."""

from math import ceil
from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .. import obfuscators
from ..arrays import Picture
from ..errors import ProfaceError
from ..faces.boxes import Box
from ..files import images, output
from ..picture.options import DetectionOptions, LookOptions
from ..picture.pixels import obfuscate_regions
from ..picture.regions import Region, choose
from .demo import SAMPLE as SAMPLE


def write_sheet(path: Path, picture: Path = SAMPLE, overwrite: bool = False) -> None:
    """Write a sheet that shows every obfuscator at its default on the faces of a picture.

    Args:
        path: a .png, .webp or .tif file.
        picture: any photograph with a face.
        overwrite: whether an existing file may be replaced.

    Raises:
        NoFaceError: the picture has no face; nothing is written.
        OutputError: the file exists, is the picture, or cannot be written.
        PictureError: the picture cannot be read.
    """
    output.check_output(path, overwrite, [picture])
    file_format = images.format_for(path)
    original = images.read(picture).pixels
    drawing = draw_sheet(original, picture.name)
    photograph = images.read(np.asarray(drawing))
    output.write(path, images.encode(photograph, file_format, None), overwrite, [picture])


# The sheet: all lengths in pixels.
_COLUMNS, _CELL, _GAP, _MARGIN, _HEAD, _LABEL = 4, 340, 28, 48, 76, 118
_INK, _GREY, _PALE = (24, 24, 27), (113, 113, 122), (244, 244, 245)


def draw_sheet(original: Picture, title: str) -> Image.Image:
    """The sheet: the largest face with its surroundings, original and by each obfuscator.

    Args:
        original: uint8, H x W x 3, RGB.
        title: the picture's name, for the first cell.

    Raises:
        NoFaceError: the picture has no face.
    """
    regions = choose(original, "auto", DetectionOptions())
    window = _view(regions, *original.shape[:2]).window
    cells = [(_fit(original[window]), "original", title)]
    for name in obfuscators.names():
        obfuscator = obfuscators.get(name)
        about = obfuscator.summary
        if obfuscator.strength is not None:
            about += f", {obfuscator.strength.name} {obfuscator.strength.default:g}"
        try:
            cell = _fit(obfuscate_regions(original, regions, LookOptions(name))[window])
        except ProfaceError as error:
            cell = _blank(str(error))
        cells.append((cell, name, about))
    return _lay_out(cells)


def _view(regions: list[Region], height: int, width: int) -> Box:
    """The square about the largest region that is shown: half as large again, in the picture."""
    box = max((region.box for region in regions), key=lambda each: each.width * each.height)
    side = min(height, width, ceil(max(box.width, box.height) * 1.5))
    x = min(max(0, box.x + (box.width - side) // 2), width - side)
    y = min(max(0, box.y + (box.height - side) // 2), height - side)
    return Box(x, y, side, side)


def _fit(pixels: Picture) -> Image.Image:
    return Image.fromarray(pixels).resize((_CELL, _CELL), Image.Resampling.LANCZOS)


def _blank(sentence: str) -> Image.Image:
    """A cell for what cannot be shown, and why."""
    cell = Image.new("RGB", (_CELL, _CELL), _PALE)
    lines = "\n".join(wrap(sentence, 36)[:12])
    draw = ImageDraw.Draw(cell)
    font = ImageFont.load_default(17)
    draw.multiline_text((_CELL / 2, _CELL / 2), lines, _GREY, font, "mm", spacing=7, align="center")
    return cell


def _lay_out(cells: list[tuple[Image.Image, str, str]]) -> Image.Image:
    columns = min(_COLUMNS, len(cells))
    rows = ceil(len(cells) / columns)
    width = 2 * _MARGIN + columns * (_CELL + _GAP) - _GAP
    sheet = Image.new("RGB", (width, _MARGIN + _HEAD + rows * (_CELL + _LABEL)), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN - 8), "Ways to obfuscate a face", _INK, ImageFont.load_default(30))
    for index, (cell, name, about) in enumerate(cells):
        left = _MARGIN + index % columns * (_CELL + _GAP)
        top = _MARGIN + _HEAD - 16 + index // columns * (_CELL + _LABEL)
        sheet.paste(cell, (left, top))
        draw.text((left, top + _CELL + 12), name, _INK, ImageFont.load_default(22))
        lines = "\n".join(wrap(about, 40)[:2])
        draw.multiline_text(
            (left, top + _CELL + 44), lines, _GREY, ImageFont.load_default(16), spacing=6
        )
    return sheet
