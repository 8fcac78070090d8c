"""From a run's weights to a profile that the application can use.

A profile is a folder:

    weights.safetensors   the run's weights, as they were
    protect.onnx          original, obfuscated, key_map -> protected
    recover.onnx          protected, key_map -> recovered
    network.data          the weights of both graphs, once
    sensitivity.npy       how to round what is protected, see `proface.profile.trained.rounding`
    card.json, README.md  the model card, for programs and for people

The graphs take float32 B x C x H x W in [-1, 1], any even H and W, and give the same, unrounded
and unclamped. Those of a hardened flow take ``obfuscated, payload, key_map`` and give ``payload``
and ``obfuscated``, the payload being B x 9 x H/2 x W/2.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.external_data_helper import set_external_data

from ...errors import ModelError, OutputError
from ...profile.trained import model_card
from ...profile.trained.model_card import (
    CARD_FILE,
    COMPUTED_FILES,
    DATA_FILE,
    GRAPH_FILES,
    SENSITIVITY_FILE,
    ModelCard,
)
from ..network.fast_graphs import rearranged
from ..network.graphs import graphs_of, to_onnx
from ..network.sensitivity import sensitivity
from ..network.weights import WEIGHTS_FILE, load_network
from ..reporting.writing import write_text
from ..training.losses import ANSWERS, Mode
from .card import Provenance, describe, render_card
from .exactness import CHECKED_SIZES, Difference, differences

README_FILE = "README.md"
_SMALL = 64
"""Bytes; smaller weights, such as shapes, stay in their graph."""


@dataclass(frozen=True)
class ExportReport:
    """What was exported, and how exactly."""

    folder: Path
    differences: tuple[Difference, ...]

    def largest(self, graph: str, content: str) -> float:
        """The largest difference of a graph over all sizes, for ``real`` or ``random`` input."""
        return max(
            item.largest
            for item in self.differences
            if (item.graph, item.content) == (graph, content)
        )

    def text(self) -> str:
        """A line for each graph and kind of input."""
        sizes = ", ".join(f"{width} x {height}" for height, width in CHECKED_SIZES)
        lines = [f"largest differences from torch, pictures in [-1, 1], at {sizes}:"]
        for graph in GRAPH_FILES:
            figures = (f"{self.largest(graph, kind):.1e} ({kind})" for kind in ("real", "random"))
            lines.append(f"  {graph}: " + ", ".join(figures))
        return "\n".join(lines)


def export(weights: Path, folder: Path) -> ExportReport:
    """Write the graphs, check them against torch, and copy the weights beside them.

    The folder is made if missing; nothing is left in it if a check fails. Exporting the same
    weights again gives the same files.

    Raises:
        ModelError: the weights cannot be read, or a graph differs from torch by more than
            `TOLERANCE` on real input.
        OutputError: the folder holds another model, or cannot be written.
    """
    network, header = load_network(weights)
    flow = header["recipe"].get("flow", "paper")
    graphs = graphs_of(network, flow)
    _refuse_other_model(weights, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as temporary:
            beside = Path(temporary)
            models = {name: to_onnx(rearranged(graph)) for name, graph in graphs.items()}
            _write_models(models, beside)
            np.save(beside / SENSITIVITY_FILE, sensitivity(network, flow))
            shutil.copyfile(weights, beside / WEIGHTS_FILE)
            found = tuple(differences(graphs, beside))
            for file in beside.iterdir():
                file.replace(folder / file.name)
    except OSError as error:
        raise OutputError(f"the profile cannot be written to {folder} ({error})") from error
    return ExportReport(folder, found)


def write_card(
    folder: Path,
    name: str,
    results: Path | None = None,
    provenance: Provenance | None = None,
    mode: Mode | None = None,
    shares: str | None = None,
) -> ModelCard:
    """Write ``card.json`` and ``README.md`` for what `export` wrote; what is there is replaced.

    Args:
        folder: of the profile.
        name: of the profile: lower-case letters, digits and hyphens.
        results: an ``evaluation.json`` of ``proface lab evaluate``; None for those of the card in
            place, if there is one: `export` replaces no model by another.
        provenance: data and licence; None for what is known of the profile's name.
        mode: wrong-recovery mode of a hardened flow, which the network has no part in; None for
            that of the card in place, and else the recipe's.
        shares: a profile beside it whose files are this one's, too; None as in the card in place.

    Raises:
        ModelError: the folder lacks the export, name or results are not valid, or another mode
            is asked for than the one a paper's network learned.
        OutputError: the folder cannot be written.
    """
    kept = _kept_card(folder)
    shares = shares or (kept.shares if kept else None)
    files = folder.parent / shares if shares else folder
    network, header = load_network(files / WEIGHTS_FILE)
    provenance = provenance or Provenance.of(name)
    recipe = header["recipe"]
    flow, trained = recipe.get("flow", "paper"), recipe.get("mode")
    if trained not in ANSWERS:
        raise ModelError(f"unknown wrong-recovery mode {trained!r}")
    if flow == "paper" and mode not in (None, trained):
        raise ModelError(f"this network learned the mode '{trained}', and cannot do '{mode}'")
    wrong_recovery = kept.wrong_recovery if kept and mode is None else ANSWERS[mode or trained]
    try:
        digests = {
            file: hashlib.sha256((files / file).read_bytes()).hexdigest() for file in COMPUTED_FILES
        }
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ModelError(f"{files} lacks what is exported ({error}); export first") from error
    values = ModelCard(
        name=name,
        architecture=model_card.Architecture(**network.architecture.as_dict()),  # type: ignore[arg-type]
        wrong_recovery=wrong_recovery,
        flow=flow,
        description=describe(flow, wrong_recovery),
        licence=provenance.licence,
        training={"data": provenance.data} | recipe,
        results=_read_results(results) if results else (kept.results if kept else ()),
        sha256=digests,
        shares=shares,
    )
    # What is written is what can be read: the reader checks every field.
    card = ModelCard.from_json(values.to_json())
    text = render_card(card)
    write_text(folder / CARD_FILE, card.to_json())
    write_text(folder / README_FILE, text)
    return card


def _refuse_other_model(weights: Path, folder: Path) -> None:
    present = [name for name in (WEIGHTS_FILE, *COMPUTED_FILES) if (folder / name).exists()]
    kept = folder / WEIGHTS_FILE
    if present and not (kept.is_file() and kept.read_bytes() == weights.read_bytes()):
        raise OutputError(f"{folder} holds another model; name another folder, or remove it")


def _read_results(path: Path) -> tuple[dict[str, Any], ...]:
    try:
        results = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as results ({error})") from error
    if not isinstance(results, list):
        raise ModelError(f"{path} is no evaluation.json: it should hold a list")
    return tuple(results)


def _kept_card(folder: Path) -> ModelCard | None:
    card = folder / CARD_FILE
    try:
        return ModelCard.from_json(card.read_bytes()) if card.is_file() else None
    except ModelError:  # of another version, and its results of another program
        return None


def _write_models(models: Mapping[str, onnx.ModelProto], folder: Path) -> None:
    """Write graphs by file name; weights that both have lie once in `DATA_FILE`."""
    places: dict[bytes, int] = {}
    with (folder / DATA_FILE).open("wb") as data:
        for model in models.values():
            for tensor in model.graph.initializer:
                content = tensor.raw_data
                if len(content) < _SMALL:
                    continue
                if content not in places:
                    places[content] = data.tell()
                    data.write(content)
                set_external_data(tensor, DATA_FILE, places[content], len(content))
                tensor.ClearField("raw_data")
    for name, model in models.items():
        (folder / name).write_bytes(model.SerializeToString(deterministic=True))
