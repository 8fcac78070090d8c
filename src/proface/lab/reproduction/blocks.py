"""Figure 6: quality against the number of coupling blocks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..reporting.charts import curves
from ..reporting.tables import table
from ..training.losses import Mode
from ..training.recipe import preset
from .setting import ReproductionSetting, counted, read_all, steps_of
from .tables import ours
from .training import measure_trained

TITLE = "Figure 6: the number of blocks"
BLOCKS = (1, 2, 3, 4, 5)
MODES: tuple[Mode, ...] = ("randwr", "obfswr")
_FIGURES = {"psnr": "PSNR in dB", "ssim": "SSIM", "lpips": "LPIPS"}
_COMPARISONS = ("protected", "recovered")


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`; draws the charts too."""
    given = {"obfuscators": setting.obfuscators} | dict(setting.training)
    for mode in MODES:
        for count in BLOCKS:
            changes = given | {"steps": setting.block_steps, "blocks": count}
            recipe = preset("fast", mode, **changes)
            measure_trained(setting, f"blocks-{mode}-{count}", recipe)
    averages = _averages(setting.folder)
    for figure, unit in _FIGURES.items():
        lines = {
            f"{mode}, {comparison}": [
                (float(count), averages[mode, count][comparison][figure]) for count in BLOCKS
            ]
            for mode in MODES
            for comparison in _COMPARISONS
        }
        curves(_chart(setting.folder, figure), lines, unit, "coupling blocks", unit)


def section(folder: Path) -> str:
    """See `setting.Part`."""
    kept, averages = read_all(folder, "blocks"), _averages(folder)
    if not kept:
        return ""
    rows = [
        [mode, str(count), *(ours(averages[mode, count], name) for name in _COMPARISONS)]
        for mode, count in sorted(averages)
    ]
    charts = (_chart(folder, figure) for figure in _FIGURES)
    links = [f"![{chart.stem}]({folder.name}/{chart.name})\n" for chart in charts if chart.exists()]
    head = (
        f"{counted(kept)} Averages over the obfuscators on CelebA; every network was trained "
        f"for {steps_of(kept)} steps from the same seed. The paper shows curves "
        "without numbers, and chose three blocks.\n\n"
    )
    return head + table(("mode", "blocks", *_COMPARISONS), rows) + "\n".join(links)


def _averages(folder: Path) -> dict[tuple[str, int], Mapping[str, Any]]:
    kept = [(each["conditions"]["recipe"], each["results"]) for each in read_all(folder, "blocks")]
    return {(recipe["mode"], recipe["blocks"]): results["average"] for recipe, results in kept}


def _chart(folder: Path, figure: str) -> Path:
    return folder / f"blocks-{figure}.png"
