"""Table IV: what each part of the network is worth, by leaving it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..reporting.tables import table
from ..training.losses import Mode
from ..training.recipe import Recipe, preset
from .published import ABLATIONS
from .setting import ReproductionSetting, counted, read_all, steps_of
from .tables import ours, printed
from .training import measure_trained

TITLE = "Table IV: ablations"


@dataclass(frozen=True)
class Variant:
    """A network with something left out."""

    name: str
    row: str
    """Title of the row; variants of both modes share one."""
    mode: Mode = "randwr"
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of the recipe."""
    residual: bool = True

    def recipe(self, setting: ReproductionSetting) -> Recipe:
        """Of its training: a preset, the steps that all share, and what is changed."""
        base = "hardened" if self.name.startswith("hardened") else "fast"
        given = {"obfuscators": setting.obfuscators} | dict(setting.training)
        return preset(base, self.mode, steps=setting.ablation_steps, **(given | dict(self.changes)))


_FULL, _NO_L1, _NO_LPIPS, _NO_K = ABLATIONS
_NO_ROUNDING = "without rounding to 8 bits in training"
_HARDENED = "hardened flow"
VARIANTS = (
    Variant("full-randwr", _FULL),
    Variant("full-obfswr", _FULL, "obfswr"),
    Variant("no-l1", _NO_L1, changes={"triplets": ("lpips",)}),
    Variant("no-lpips", _NO_LPIPS, "obfswr", {"triplets": ("l1",)}),
    Variant("noise-randwr", _NO_K, changes={"noise_for_lost": True}),
    Variant("noise-obfswr", _NO_K, "obfswr", {"noise_for_lost": True}),
    Variant("no-rounding-randwr", _NO_ROUNDING, changes={"rounding": False}),
    Variant("no-rounding-obfswr", _NO_ROUNDING, "obfswr", {"rounding": False}),
    Variant("hardened", _HARDENED),
    Variant(
        "hardened-no-correction", f"{_HARDENED}, without the correction", changes={"corrections": 0}
    ),
    Variant("hardened-no-shuffle", f"{_HARDENED}, without the shuffle", changes={"shuffle": False}),
    Variant("hardened-no-residual", f"{_HARDENED}, without the residual", residual=False),
    Variant("hardened-no-rounding", f"{_HARDENED}, {_NO_ROUNDING}", changes={"rounding": False}),
)


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`."""
    for each in VARIANTS:
        measure_trained(setting, f"ablations-{each.name}", each.recipe(setting), each.residual)


def section(folder: Path) -> str:
    """See `setting.Part`."""
    kept = read_all(folder, "ablations")
    if not kept:
        return ""
    results = [each["results"] for each in kept]
    averages = {each["profile"].removeprefix("ablations-"): each["average"] for each in results}
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
            cells = (ours(first, "protected"), ours(first, "recovered"))
            randwr = ours(known.get("randwr"), "wrong_to_original")
            obfswr = ours(known.get("obfswr"), "wrong_to_obfuscated")
            rows.append([f"**ours**: {title}", *cells, randwr, obfswr])
    head = (
        f"{counted(kept)} Every network of ours was trained for {steps_of(kept)} steps from the "
        "same seed; the paper's for 135,000.\n\n"
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
