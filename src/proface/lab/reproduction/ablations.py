"""Table IV: what each part of the method is worth, by leaving it out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..training.losses import Mode
from ..training.recipe import Recipe, preset
from .published import ABLATIONS
from .setting import ReproductionSetting, counted, read_all
from .tables import ours, printed, table
from .training import measure_trained

TITLE = "Table IV: ablations"


@dataclass(frozen=True)
class Variant:
    """A network with something left out."""

    name: str
    row: str
    """Title of the row; variants of both modes share one."""
    mode: Mode
    changes: dict[str, Any] = field(default_factory=dict)
    """Of the recipe."""
    hardened: bool = False
    residual: bool = True

    def recipe(self, setting: ReproductionSetting) -> Recipe:
        """Of its training: a preset, the steps that all share, and what is changed."""
        base = "hardened" if self.hardened else "fast"
        given = {"obfuscators": setting.obfuscators} | dict(setting.training)
        return preset(base, self.mode, steps=setting.ablation_steps, **(given | self.changes))


_FULL, _NO_L1, _NO_LPIPS, _NO_K = ABLATIONS
_NO_ROUNDING = "without rounding to 8 bits in training"
_HARDENED = "hardened flow"
VARIANTS = (
    Variant("full-randwr", _FULL, "randwr"),
    Variant("full-obfswr", _FULL, "obfswr"),
    Variant("no-l1", _NO_L1, "randwr", {"triplets": ("lpips",)}),
    Variant("no-lpips", _NO_LPIPS, "obfswr", {"triplets": ("l1",)}),
    Variant("noise-randwr", _NO_K, "randwr", {"noise_for_lost": True}),
    Variant("noise-obfswr", _NO_K, "obfswr", {"noise_for_lost": True}),
    Variant("no-rounding-randwr", _NO_ROUNDING, "randwr", {"rounding": False}),
    Variant("no-rounding-obfswr", _NO_ROUNDING, "obfswr", {"rounding": False}),
    Variant("hardened", _HARDENED, "randwr", hardened=True),
    Variant(
        "hardened-no-correction",
        f"{_HARDENED}, without the correction",
        "randwr",
        {"corrections": 0},
        hardened=True,
    ),
    Variant(
        "hardened-no-shuffle",
        f"{_HARDENED}, without the shuffle",
        "randwr",
        {"shuffle": False},
        hardened=True,
    ),
    Variant(
        "hardened-no-residual",
        f"{_HARDENED}, without the residual",
        "randwr",
        hardened=True,
        residual=False,
    ),
    Variant(
        "hardened-no-rounding",
        f"{_HARDENED}, {_NO_ROUNDING}",
        "randwr",
        {"rounding": False},
        hardened=True,
    ),
)


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`."""
    for each in VARIANTS:
        measure_trained(setting, f"ablations-{each.name}", each.recipe(setting), each.residual)


def section(folder: Path) -> str:
    """See `setting.Part`."""
    records = read_all(folder, "ablations")
    if not records:
        return ""
    averages = {
        record["results"]["profile"].removeprefix("ablations-"): record["results"]["average"]
        for record in records
    }
    steps = sorted({record["conditions"]["recipe"]["steps"] for record in records})
    rows = []
    for title in dict.fromkeys(each.row for each in VARIANTS):
        if title in ABLATIONS:
            rows.append([f"paper: {title}", *map(printed, ABLATIONS[title])])
        known = {
            each.mode: averages[each.name]
            for each in VARIANTS
            if each.row == title and each.name in averages
        }
        if known:
            first = next(iter(known.values()))
            rows.append(
                [
                    f"**ours**: {title}",
                    ours(first, "protected"),
                    ours(first, "recovered"),
                    ours(known.get("randwr"), "wrong_to_original"),
                    ours(known.get("obfswr"), "wrong_to_obfuscated"),
                ]
            )
    head = (
        f"{counted(records)} Every network of ours was trained for {' or '.join(map(str, steps))} "
        "steps from the same seed; the paper's for 135,000.\n\n"
    )
    titles = ("", "protected", "recovered", "wrong key: RandWR to the original", _LAST)
    return head + _INTRODUCTION + table(titles, rows)


_LAST = "wrong key: ObfsWR to the obfuscated"
_INTRODUCTION = """\
Averages over the obfuscators on CelebA, as in Tables I to III. Protection and recovery are RandWR's
where there is such a network. Of the hardened flow, a wrong key is shown what an attacker's own
program sees. Without the correction, protection does not look at what comes back. Without the
shuffle, the residual's coefficients are hidden as they are, so that the key map alone is secret,
and the network learned on residuals in place of noise; without the residual, the shuffle hides the
face itself.

"""
