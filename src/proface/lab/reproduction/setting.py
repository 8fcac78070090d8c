"""What the parts of the reproduction share: the run's setting, and results that are kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...errors import ModelError, OptionError
from ..data.pictures import FaceSet
from ..evaluation.evaluate import IN_TURN
from ..reporting.writing import write_json

FOLDER = "reproduction"
"""Beside the page: JSON, and pictures that may be published."""
PROTOCOL_COUNT = 1000
"""Faces of each set in the paper's protocol."""
TABLE_IV_SET = "celeba"
"""The data set of Table IV and Figure 6."""

Results = Mapping[str, Any]
"""What was measured, as JSON keeps it."""


@dataclass(frozen=True)
class ReproductionSetting:
    """What all parts of a run share."""

    sets: tuple[FaceSet, ...]
    """Test faces."""
    profiles: tuple[str, ...]
    obfuscators: tuple[str, ...]
    out: Path
    """Folder of the page."""
    work: Path
    """Folder of training runs, and of pictures that show the test faces: not to be published."""
    count: int | None = None
    """At most so many faces of each set; None for all."""
    in_turn: bool = False
    """Whether the obfuscators of Tables I to III take turns, each face having one."""
    train: Path | None = None
    """Training faces; the parts that train need them."""
    copies: Path | None = None
    """What slow obfuscators made of the training faces; None for a folder in ``work``."""
    ablation_steps: int = 2000
    block_steps: int = 2000
    training: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a recipe in place of the preset's, for all networks trained."""
    overwrite: bool = False
    """Whether results that were measured under other conditions may be replaced."""

    @property
    def folder(self) -> Path:
        """Of JSON and pictures that may be published."""
        return self.out / FOLDER

    @property
    def ablation_set(self) -> FaceSet:
        """The test faces of Table IV: CelebA's, or else the first ones."""
        return next((each for each in self.sets if each.name == TABLE_IV_SET), self.sets[0])


class Part(Protocol):
    """What every module of a part has at its top level."""

    TITLE: str
    """Such as ``Tables I to III``."""

    def run(self, setting: ReproductionSetting) -> None:
        """Measure and keep what is not kept yet.

        Raises:
            ProfaceError: what the setting asks for cannot be had.
        """

    def section(self, folder: Path) -> str:
        """Markdown of all that is kept in a folder, below a heading of the second rank.

        Links to pictures are relative to the folder's parent. Empty if nothing is kept.
        """


def measured(
    setting: ReproductionSetting,
    name: str,
    conditions: Mapping[str, Any],
    measure: Callable[[], Results],
) -> Results:
    """What is kept as ``name``.json under the same conditions; else it is measured, and kept.

    ``conditions`` are all that the results depend on.

    Raises:
        OptionError: the conditions were others, and nothing may be overwritten.
        ModelError: the file cannot be read.
        OutputError: it cannot be written.
    """
    path = setting.folder / f"{name}.json"
    # As they will be read: tuples become lists.
    conditions = json.loads(json.dumps(conditions))
    if path.exists():
        kept = read(path)
        if kept["conditions"] == conditions:
            results: Results = kept["results"]
            return results
        if not setting.overwrite:
            raise OptionError(f"{path} {_differences(kept['conditions'], conditions)}")
    results = measure()
    write_json(path, {"conditions": conditions, "results": results})
    return results


def read(path: Path) -> dict[str, Any]:
    """What `measured` wrote: ``conditions`` and ``results``.

    Raises:
        ModelError: the file is damaged, or not of this program.
    """
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
        if set(kept) != {"conditions", "results"}:
            raise ValueError("it lacks conditions or results")
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path} cannot be read as results ({error}); delete it") from error
    return kept


def read_all(folder: Path, part: str) -> list[dict[str, Any]]:
    """All that a part has kept, by file name."""
    return [read(path) for path in sorted(folder.glob(f"{part}-*.json"))]


def steps_of(kept: list[dict[str, Any]]) -> str:
    """How many steps the networks were trained for, such as ``2000 or 4000``."""
    return " or ".join(map(str, sorted({each["conditions"]["recipe"]["steps"] for each in kept})))


def counted(kept: list[dict[str, Any]]) -> str:
    """A sentence on how many faces were looked at."""
    counts = sorted({each["results"]["faces"] for each in kept})
    text = f"{counts[0]} faces" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} faces"
    turns = {bool(each["results"].get("in_turn")) for each in kept}
    some = "" if turns == {True} else "of some profiles "
    end = f"; {some}{IN_TURN.removesuffix(', ')}." if True in turns else "."
    if counts[0] >= PROTOCOL_COUNT:
        return f"Measured on {text} of each set{end}"
    return f"**A quick run on {text} of each set, where the protocol has {PROTOCOL_COUNT}{end}**"


def _differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*kept, *wanted} if kept.get(name) != wanted.get(name))
    pairs = (f"{name} {kept.get(name)!r:.60}, not {wanted.get(name)!r:.60}" for name in names)
    return f"was measured with {'; '.join(pairs)}: name another folder, or allow overwriting"
