"""Tables and charts for the sections of the report."""

from collections.abc import Iterable, Sequence
from statistics import fmean

from .base import Figures, Finding


def mean_figures(findings: Iterable[Finding]) -> dict[tuple[str, str], Figures]:
    """By profile and case, the mean of every figure over the sets of faces and the obfuscators."""
    groups: dict[tuple[str, str], list[Figures]] = {}
    for finding in findings:
        groups.setdefault((finding.profile, finding.case), []).append(finding.figures)
    return {
        group: {
            name: fmean(each[name] for each in members if name in each)
            for name in dict.fromkeys(name for each in members for name in each)
        }
        for group, members in groups.items()
    }


def number(figures: Figures, name: str, form: str) -> str:
    """A figure in words, such as ``form`` = ``{:.2f} dB``; a dash where there is none."""
    return form.format(figures[name]) if name in figures else "-"


def mean_rows(findings: Iterable[Finding], columns: Sequence[tuple[str, str]]) -> list[list[str]]:
    """A row for each profile and case: both, then its mean figures in words.

    Args:
        findings: of one attack.
        columns: name and form of each figure, see `number`.
    """
    return [
        [f"`{profile}`", case, *(number(values, name, form) for name, form in columns)]
        for (profile, case), values in mean_figures(findings).items()
    ]


QUALITY = (("psnr", "{:.2f} dB"), ("ssim", "{:.3f}"), ("lpips", "{:.3f}"))
"""Columns of `mean_rows` for the nearness to the original."""
