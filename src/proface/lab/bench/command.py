"""The command, and the result's file."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from ...errors import OptionError, OutputError
from . import graphics, growth, machine, photographs, processes, report, unit


class Part(StrEnum):
    """What is measured."""

    unit = "unit"
    graphics = "graphics"
    photographs = "photographs"
    processes = "processes"
    growth = "growth"


def bench(
    out: Annotated[Path, typer.Option(help="Folder for NAME.json, NAME.md and NAME-growth.png.")],
    name: Annotated[str, typer.Option(help="Of the result's files.")] = "bench",
    photos: Annotated[
        Path | None, typer.Option(help="Folder of photographs with faces.", file_okay=False)
    ] = None,
    part: Annotated[
        list[Part] | None, typer.Option(help="What to measure; repeatable; all without it.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Timed runs of each photograph.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
) -> None:
    """Measure how fast everything is, by the contract in benchmarks/README.md."""
    wanted = part or [each for each in Part if each is not Part.photographs or photos]
    if Part.photographs in wanted and (photos is None or not photos.is_dir()):
        raise OptionError("measuring photographs needs --photos, a folder of them")
    if not out.is_dir():
        raise OutputError(f"there is no folder {out}")
    torch.manual_seed(seed)
    result: dict[str, Any] = {"machine": machine.describe(), "seed": seed}
    result["load"] = {"before": machine.load()}
    for each in wanted:
        typer.echo(f"measuring: {each.value}", err=True)
        result[each.value] = _measure(each, photos, rounds, seed)
    result["load"]["after"] = machine.load()
    (out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / f"{name}.md").write_text(report.text(result), encoding="utf-8")
    if Part.growth in wanted:
        growth.draw(result["growth"], out / f"{name}-growth.png")
    typer.echo(report.text(result))


def _measure(part: Part, photos: Path | None, rounds: int, seed: int) -> dict[str, Any]:
    if part is Part.photographs and photos is not None:
        return photographs.measure(photos, rounds)
    if part is Part.unit:
        return unit.measure(seed)
    if part is Part.graphics:
        return graphics.measure(seed)
    return processes.measure() if part is Part.processes else growth.measure()
