"""Tables I to III: how good protection, recovery and wrong recovery are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ModelError
from ...obfuscators import REFERENCE_SIZE
from ...profile.sealed.profile import SEALED
from ...profile.trained.model_card import CARD_FILE
from ..data.pictures import FaceSet
from ..evaluation.evaluate import EvaluationOptions, evaluate
from ..export.export import write_card
from ..reporting.tables import table
from ..reporting.writing import write_json
from . import published
from .flows import open_profile
from .published import AVERAGE, SETS, SHARED, Rows
from .setting import ReproductionSetting, Results, counted, measured, read_all
from .tables import SET_TITLES, mean_cells, mean_comparison, ours, printed_row

TITLE = "Tables I to III: protection, recovery, wrong keys"
_MODES = {"randwr": "RandWR", "obfswr": "ObfsWR"}
_PROFILES = {
    "randwr": ("paper-randwr", "randwr", SEALED),
    "obfswr": ("paper-obfswr", "obfswr"),
}
"""By wrong-recovery mode, in the order of rows."""
_COLUMNS = ("", *(SET_TITLES[name] for name in SETS))


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`."""
    for each in setting.sets:
        for name in setting.profiles:
            _measure(setting, name, each)


def _measure(setting: ReproductionSetting, name: str, faces: FaceSet) -> Results:
    flow, digests = open_profile(name)
    conditions = {
        "profile": name,
        "weights": digests,
        "set": faces.name,
        "count": setting.count,
        "crop": faces.crop,
        "size": REFERENCE_SIZE,
        "obfuscators": setting.obfuscators,
        "in_turn": setting.in_turn,
    }

    def work() -> Results:
        options = EvaluationOptions(
            setting.obfuscators, limit=setting.count, in_turn=setting.in_turn
        )
        return evaluate(flow, name, faces, options).as_dict()

    return measured(setting, f"quality-{name}-{faces.name}", conditions, work)


def update_cards(folder: Path, profiles: Path) -> list[str]:
    """Write the results kept in ``folder`` into the model cards of a folder of profiles.

    Profiles that were not measured stay as they are.

    Returns:
        The names of the others.

    Raises:
        ModelError: none of them was measured, or a profile is damaged.
        OutputError: a card cannot be written.
    """
    kept: dict[str, list[Results]] = {}
    for each in read_all(folder, "quality"):
        kept.setdefault(each["conditions"]["profile"], []).append(each["results"])
    names = [name for name in kept if (profiles / name / CARD_FILE).is_file()]
    if not names:
        raise ModelError(f"{profiles} holds none of the profiles measured: {', '.join(kept)}")
    for name in names:
        results = folder / f"evaluation-{name}.json"
        write_json(results, kept[name])
        write_card(profiles / name, name, results)
    return names


def section(folder: Path) -> str:
    """See `setting.Part`."""
    results = read_all(folder, "quality")
    if not results:
        return ""
    kept = Kept(results)
    parts = [counted(results), _INTRODUCTION]
    for number, (title, rows, comparison) in enumerate(_TABLES, 1):
        parts.append(f"### Table {'I' * number}: {title}\n")
        parts.append(kept.averages(rows, comparison))
        parts.append("By obfuscator:\n\n" + kept.every(rows, comparison))
    return "\n".join(parts)


class Kept:
    """What was measured, by profile and data set."""

    def __init__(self, kept: Sequence[Mapping[str, Any]]) -> None:
        self._results = {
            (each["conditions"]["profile"], each["conditions"]["set"]): each["results"]
            for each in kept
        }

    def averages(self, rows: Rows, comparison: Mapping[str, str]) -> str:
        """Averages over the obfuscators: the paper's rows, and ours beside them.

        ``comparison`` is what is shown of the profiles of each mode.
        """
        lines = [printed_row(f"{name}, published", cells) for name, cells in rows.others.items()]
        for mode, title in _MODES.items():
            printed = rows.mode(mode)
            lines.append(printed_row(f"paper {title}, average of six", printed[AVERAGE]))
            lines += self._ours(mode, "average", comparison[mode])
            shared = mean_cells([printed[name] for name in SHARED])
            lines.append(printed_row(f"paper {title}, average of the four shared", shared))
            lines += self._ours(mode, "shared", comparison[mode])
        return table(_COLUMNS, lines)

    def every(self, rows: Rows, comparison: Mapping[str, str]) -> str:
        """The same for every obfuscator."""
        lines = []
        for mode, title in _MODES.items():
            printed = rows.mode(mode)
            for name in self._obfuscators():
                if name in printed:
                    lines.append(printed_row(f"paper {title}, {name}", printed[name]))
                lines += self._ours(mode, name, comparison[mode])
        return table(_COLUMNS, lines)

    def _obfuscators(self) -> list[str]:
        known = (name for each in self._results.values() for name in each["obfuscators"])
        return list(dict.fromkeys(known))

    def _ours(self, mode: str, what: str, comparison: str) -> list[list[str]]:
        """A row for each profile of a mode that was measured."""
        title = {"average": "**average**", "shared": "average of the four shared"}.get(what, what)
        measured_ones = {name for name, _ in self._results}
        return [
            [
                f"`{profile}`, {title}",
                *(ours(self._comparison(profile, data, what), comparison) for data in SETS),
            ]
            for profile in _PROFILES[mode]
            if profile in measured_ones
        ]

    def _comparison(self, profile: str, data: str, what: str) -> Mapping[str, Any] | None:
        results = self._results.get((profile, data))
        if results is None:
            return None
        rows: Mapping[str, Mapping[str, Any]] = results["obfuscators"]
        if what == "shared":
            known = [rows[name] for name in SHARED if name in rows]
            return mean_comparison(known) if len(known) == len(SHARED) else None
        return {**rows, "average": results["average"]}.get(what)


_TABLES = (
    ("protected to obfuscated", published.PROTECTED, dict.fromkeys(_MODES, "protected")),
    ("recovered to original", published.RECOVERED, dict.fromkeys(_MODES, "recovered")),
    (
        "wrong keys; RandWR to the original (low PSNR is good), ObfsWR to the obfuscated (high is)",
        published.WRONG,
        {"randwr": "wrong_to_original", "obfswr": "wrong_to_obfuscated"},
    ),
)

_INTRODUCTION = """\
Cells: PSNR in dB / SSIM / LPIPS, means over the faces. Every protected face was saved as a PNG and
read back. The PSNR in brackets is that of pictures which are never rounded, as other papers
measure; no file keeps them. The profiles `paper-randwr` and `paper-obfswr` are the paper's method;
`randwr` and `obfswr` are the hardened flow, and `sealed` is encryption in the lowest bits, without
a network. The paper averages over its six obfuscators. FaceShifter and SimSwap need networks that
users bring, and have rows of ours where those were installed; `swap` is ours. *The four shared* are
Gaussian blur, pixelate, median blur and masking (`sticker`), which both measured.
"""
