"""Cells and rows of the page's tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..evaluation.evaluate import quality_text
from ..evaluation.metrics import Quality
from .published import SETS, Cells

SET_TITLES = {"lfw": "LFW", "celeba": "CelebA", "ffhq": "FFHQ"}


def printed(quality: Quality | None) -> str:
    """A figure of the paper."""
    if quality is None:
        return "-"
    return f"{quality.psnr:.2f} / {quality.ssim:.3f} / {quality.lpips:.4f}"


def printed_row(title: str, cells: Cells) -> list[str]:
    """A row of the paper: a cell for each data set."""
    return [title, *(printed(cells.get(name)) for name in SETS)]


def mean_cells(rows: Sequence[Cells]) -> dict[str, Quality]:
    """Means of several rows, by those data sets that all of them have."""
    shared = (name for name in SETS if all(name in row for row in rows))
    return {name: Quality.mean([row[name] for row in rows]) for name in shared}


def mean_comparison(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean of several comparisons that JSON keeps."""
    return {
        name: {
            figure: sum(row[name][figure] for row in rows) / len(rows) for figure in rows[0][name]
        }
        for name in rows[0]
    }


def ours(row: Mapping[str, Any] | None, comparison: str) -> str:
    """A figure of ours, from a comparison that JSON keeps."""
    return quality_text(row, comparison) if row else "-"
