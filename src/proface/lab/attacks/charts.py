"""Tables and charts for the sections of the report."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

from ..reporting.charts import bars
from .base import Figures, Finding

QUALITY = (("psnr", "{:.2f} dB"), ("ssim", "{:.3f}"), ("lpips", "{:.3f}"))
"""Columns of `mean_rows` for the nearness to the original."""


def distinct(findings: Iterable[Finding], field: str) -> list[str]:
    """The values of a field such as ``profile``, each once, in the order of the findings."""
    return list(dict.fromkeys(getattr(finding, field) for finding in findings))


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
    """A row for each profile and case: both, then its mean figures; ``columns`` as for `number`."""
    return [
        [f"`{profile}`", case, *(number(values, name, form) for name, form in columns)]
        for (profile, case), values in mean_figures(findings).items()
    ]


def link(chart: Path, text: str) -> str:
    """A Markdown line that shows a chart, from a page beside the chart's folder."""
    return f"![{text}]({chart.parent.name}/{chart.name})\n"


def psnr_chart(findings: Sequence[Finding], cases: Sequence[str], chart: Path, title: str) -> None:
    """Draw the mean PSNR to the original of some cases, a group of bars for each profile."""
    means, profiles = mean_figures(findings), distinct(findings, "profile")
    series = {
        case: [means.get((profile, case), {}).get("psnr") for profile in profiles] for case in cases
    }
    bars(chart, profiles, series, title, "PSNR in dB")
