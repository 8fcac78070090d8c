"""Grids of small pictures with titles."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ...arrays import Picture
from ...errors import OutputError

MAGNIFICATION = 10
"""Of differences, as in the paper."""


def difference(a: Picture, b: Picture) -> Picture:
    """The absolute difference, magnified; uint8, H x W x 3."""
    magnified = np.abs(a.astype(np.int16) - b) * MAGNIFICATION
    return np.asarray(np.minimum(magnified, 255), np.uint8)


def draw(path: Path, columns: Sequence[str], rows: Mapping[str, Sequence[Picture]]) -> None:
    """Save a grid of pictures, uint8, H x W x 3, as a PNG, whose folder is made.

    ``columns`` are titles; ``rows`` have by title a picture for each column.

    Raises:
        OutputError: the file cannot be written.
    """
    across, down = len(columns), len(rows)
    layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    figure = Figure(figsize=(1.5 * across + 0.3, 1.5 * down + 0.3), layout=layout)
    grid = figure.subplots(down, across, squeeze=False)
    for line, (title, pictures) in zip(grid, rows.items(), strict=True):
        line[0].set_ylabel(title, fontsize=8)
        for axes, picture in zip(line, pictures, strict=True):
            axes.imshow(picture, interpolation="none")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    for axes, title in zip(grid[0], columns, strict=True):
        axes.set_title(title, fontsize=8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Without the program's version in it, so that equal pictures give equal files.
        figure.savefig(path, dpi=110, metadata={"Software": None})
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error})") from error
