"""Charts that several reports draw."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999999")
"""Paul Tol's bright scheme, which the colour-blind can tell apart."""


def bars(
    path: Path,
    groups: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    title: str,
    unit: str,
) -> None:
    """Draw bars side by side, a group for each name in ``groups``, and save a PNG.

    ``series`` has by name in the legend a value for each group, None where there is none.
    """
    height = 1.2 + len(groups) * (0.18 + 0.2 * len(series)) + 0.25 * len(series)
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(series)
    for index, (name, values) in enumerate(series.items()):
        known = [(at, value) for at, value in enumerate(values) if value is not None]
        places = [at + (index - (len(series) - 1) / 2) * width for at, _ in known]
        colour = COLOURS[index % len(COLOURS)]
        drawn = axes.barh(places, [value for _, value in known], width, label=name, color=colour)
        axes.bar_label(drawn, fmt="%.1f", fontsize=8, padding=2)
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.grid(axis="x")
    _finish(figure, axes, path, title, unit, "")


def curves(
    path: Path,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    title: str,
    across: str,
    unit: str,
) -> None:
    """Draw curves through points (across, value), by name in the legend, and save a PNG."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    for index, (name, points) in enumerate(lines.items()):
        xs, ys = [x for x, _ in points], [y for _, y in points]
        axes.plot(xs, ys, "o-", label=name, markersize=3, color=COLOURS[index % len(COLOURS)])
    axes.grid()
    _finish(figure, axes, path, title, across, unit)


def _finish(figure: Figure, axes: Axes, path: Path, title: str, across: str, upward: str) -> None:
    axes.set(title=title, xlabel=across, ylabel=upward)
    axes.set_axisbelow(True)
    for line in (*axes.get_xgridlines(), *axes.get_ygridlines()):
        line.set_alpha(0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    # Without the program's version in it, so that equal findings give equal files.
    figure.savefig(path, dpi=90, metadata={"Software": None})
