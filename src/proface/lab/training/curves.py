"""A run's curves as a picture, drawn from its logs."""

import json
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

LOSSES = ("protection", "recovery", "wrong_recovery")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON-lines file by step; of a step that was repeated, the last one.

    A run that was killed repeats the steps since its last checkpoint.
    """
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    by_step = {line["step"]: line for line in lines}
    return [by_step[step] for step in sorted(by_step)]


def draw(log: Path, validation: Path, out: Path) -> None:
    """Draw the losses and the validation PSNR over the steps; writes a PNG."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    lines = read_lines(log)
    for name in [name for name in LOSSES if name in lines[0]]:
        values = [line[name] for line in lines]
        left.plot([line["step"] for line in lines], values, label=name.replace("_", " "))
    left.set(title="losses", xlabel="step")
    left.set_yscale("symlog", linthresh=0.01)
    lines = read_lines(validation)
    for name in [name for name in lines[0] if name != "step"]:
        values = [line[name] for line in lines]
        right.plot([line["step"] for line in lines], values, "o-", label=name.replace("_", " "))
    right.set(title="validation, through 8 bits", xlabel="step", ylabel="PSNR in dB")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(out, dpi=90)
