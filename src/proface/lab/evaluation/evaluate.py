"""Tables I to III: how good protection, recovery and wrong recovery are, through saved files.

Every protected face is written as a PNG and read back before it is recovered, so that the
figures are those of a file. The figure without a file between stands beside.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from tqdm import tqdm

from ...arrays import Picture
from ...errors import OptionError
from ...keys import PictureKey
from ...obfuscators import REFERENCE_SIZE
from ..data.obfuscation import obfuscate
from ..data.pictures import FaceSet, list_pictures, load_face
from ..device import best_device
from .lpips import Lpips
from .metrics import Quality
from .unrounded import unrounded

BATCH = 20
_KEY = PictureKey.from_bytes(bytes(range(32)))
_WRONG_KEY = PictureKey.from_bytes(bytes(range(1, 33)))


class FlowLike(Protocol):
    """`proface.Flow`, or a network in training behind the same calls."""

    def protect(
        self, original: Picture, obfuscated: Picture, key: PictureKey, face: int
    ) -> Picture:
        """Hide original in obfuscated; uint8 N x H x W x 3."""

    def recover(self, protected: Picture, key: PictureKey, face: int) -> Picture:
        """The original back; uint8 N x H x W x 3."""


@dataclass(frozen=True)
class Comparison:
    """The comparisons of Tables I to III for one obfuscator."""

    protected: Quality
    """Protected against obfuscated."""
    recovered: Quality
    """Recovered against original."""
    wrong_to_original: Quality
    """Recovered with a wrong key, against the original."""
    wrong_to_obfuscated: Quality
    """Recovered with a wrong key, against the obfuscated picture."""
    unrounded_protected: Quality
    """As ``protected``, without rounding to 8 bits; the same where a flow has nothing to round."""
    unrounded_recovered: Quality
    """As ``recovered``, with nothing rounded on the way."""


COMPARISONS = ("protected", "recovered", "wrong_to_original", "wrong_to_obfuscated")
IN_TURN = "each hidden by one of the obfuscators in turn, "
UNROUNDED = {"protected": "unrounded_protected", "recovered": "unrounded_recovered"}
"""By comparison, the one that stands beside it."""


@dataclass(frozen=True)
class Evaluation:
    """Results on one folder of faces."""

    profile: str
    data: str
    faces: int
    crop: float
    size: int
    obfuscators: dict[str, Comparison]
    """By name, at the paper's test settings."""
    average: Comparison
    """Over the obfuscators."""
    in_turn: bool = False
    """Whether each face was hidden by one of them, in turn."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def markdown(self) -> str:
        """A table with a row for each obfuscator and the average."""
        titles = {name: name.replace("_", " ") for name in COMPARISONS}
        lines = [
            f"`{self.profile}` on {self.faces} faces of {self.data} at {self.size} x {self.size}, "
            f"{IN_TURN if self.in_turn else ''}through saved 8-bit files; PSNR in dB (unrounded) / "
            "SSIM / LPIPS",
            "",
            "| obfuscator | " + " | ".join(titles.values()) + " |",
            "|---" * (len(titles) + 1) + "|",
        ]
        for name, row in [*self.obfuscators.items(), ("**average**", self.average)]:
            cells = (quality_text(asdict(row), comparison) for comparison in COMPARISONS)
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"


def quality_text(row: Mapping[str, Mapping[str, float]], comparison: str) -> str:
    """A cell of a table: PSNR, with the unrounded one where there is one, SSIM and LPIPS.

    ``row`` is a `Comparison` as a dictionary, ``comparison`` one of `COMPARISONS`.
    """
    cell, beside = row[comparison], row.get(UNROUNDED.get(comparison, ""))
    unrounded = f" ({beside['psnr']:.2f})" if beside and beside != cell else ""
    return f"{cell['psnr']:.2f}{unrounded} / {cell['ssim']:.3f} / {cell['lpips']:.4f}"


@dataclass(frozen=True)
class EvaluationOptions:
    """How a set of faces is measured."""

    obfuscators: Sequence[str]
    """Names, each at its test setting."""
    size: int = REFERENCE_SIZE
    """Pixels of the evaluated face's side."""
    limit: int | None = None
    """At most so many faces, the first by name; None for all."""
    in_turn: bool = False
    """Whether each face is behind one of the obfuscators, which take turns, and not behind all."""


def evaluate(
    flow: FlowLike, profile: str, faces: FaceSet, options: EvaluationOptions
) -> Evaluation:
    """Measure a model on a folder of faces; ``profile`` is its name in the results.

    Every face has a key map of its own, and its wrong key an unrelated one.

    Raises:
        OptionError: there are fewer faces than obfuscators to take turns.
        PictureError: the folder holds no pictures, or a broken one.
        ObfuscatorError: an obfuscator is unknown.
        ModelError: LPIPS's weights are missing.
    """
    paths, names = list_pictures(faces.folder)[: options.limit], options.obfuscators
    if options.in_turn and len(paths) < len(names):
        raise OptionError(f"{len(names)} obfuscators cannot take turns on {len(paths)} faces")
    lpips = Lpips().to(best_device())
    comparisons = {}
    for turn, name in enumerate(names):
        own = paths[turn :: len(names)] if options.in_turn else paths
        parts: list[tuple[Comparison, int]] = []
        for start in tqdm(range(0, len(own), BATCH), desc=name, unit="batch"):
            batch = own[start : start + BATCH]
            originals = np.stack([load_face(path, faces.crop, options.size) for path in batch])
            obfuscated = obfuscate(originals, name, first=start)
            parts.append((_compare(flow, originals, obfuscated, start, lpips), len(batch)))
        comparisons[name] = _weighted(parts)
    average = _average(list(comparisons.values()))
    return Evaluation(
        profile,
        f"{faces.folder.resolve().parent.name}/{faces.folder.name}",
        len(paths),
        faces.crop,
        options.size,
        comparisons,
        average,
        options.in_turn,
    )


def write_results(evaluations: Sequence[Evaluation], out: Path) -> None:
    """Write ``evaluation.json`` and ``evaluation.md`` into a folder, which is made."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps([evaluation.as_dict() for evaluation in evaluations], indent=2)
    (out / "evaluation.json").write_text(text + "\n")
    tables = "\n".join(evaluation.markdown() for evaluation in evaluations)
    (out / "evaluation.md").write_text(tables)


def _compare(
    flow: FlowLike, originals: Picture, obfuscated: Picture, first: int, lpips: Lpips
) -> Comparison:
    protected = _through_files(flow.protect(originals, obfuscated, _KEY, first))
    recovered = flow.recover(protected, _KEY, first)
    wrong = flow.recover(protected, _WRONG_KEY, first)
    exact = unrounded(flow, originals, obfuscated, _KEY, first)
    through_file = Quality.of(protected, obfuscated, lpips), Quality.of(recovered, originals, lpips)
    return Comparison(
        *through_file,
        Quality.of(wrong, originals, lpips),
        Quality.of(wrong, obfuscated, lpips),
        *(
            (Quality.of(exact[0], obfuscated, lpips), Quality.of(exact[1], originals, lpips))
            if exact
            else through_file
        ),
    )


def _through_files(pictures: Picture) -> Picture:
    """What a reader finds after the pictures were saved as PNG files."""
    result = []
    for picture in pictures:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
        with Image.open(buffer) as saved:
            result.append(np.asarray(saved))
    return np.stack(result)


def _weighted(parts: list[tuple[Comparison, int]]) -> Comparison:
    repeated = [comparison for comparison, count in parts for _ in range(count)]
    return _average(repeated)


def _average(rows: list[Comparison]) -> Comparison:
    names = Comparison.__dataclass_fields__
    return Comparison(*(Quality.mean([getattr(row, name) for row in rows]) for name in names))
