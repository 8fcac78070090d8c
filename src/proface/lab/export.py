"""From a run's weights to a profile that the application can use.

A profile is a folder:

    weights.safetensors   the run's weights, as they were
    protect.onnx          original, obfuscated, key_map -> protected
    recover.onnx          protected, key_map -> recovered
    card.json, README.md  the model card, for programs and for people

The graphs take float32 B x C x H x W in [-1, 1], any even H and W, and give the same, unrounded
and unclamped.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import skimage.data
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from .. import modelcard, obfuscators
from ..errors import ModelError, OutputError
from ..modelcard import CARD_FILE, GRAPH_FILES, ModelCard
from ..obfuscators import Picture
from .card import Provenance, describe, render_card
from .data import random_key_maps, to_tensor
from .graphs import Graph, ProtectGraph, RecoverGraph, to_onnx
from .network import Architecture, ProFaceS, round_to_8_bits

WEIGHTS_FILE = "weights.safetensors"
README_FILE = "README.md"
CHECKED_SIZES = ((8, 8), (48, 64), (112, 112), (194, 250))
TOLERANCE = 1e-3
"""Largest difference from torch on real input, where 2 is the range of a picture: an eighth of
one of the 256 levels."""


@dataclass(frozen=True)
class Difference:
    """How far a graph is from torch on one input."""

    graph: str
    """File name."""
    content: str
    """``real`` or ``random``."""
    height: int
    width: int
    largest: float
    """Over all values, in [-1, 1] units; relative to the largest value where that is above 1."""


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


def load_network(weights: Path) -> tuple[ProFaceS, dict[str, Any]]:
    """Read a network from safetensors.

    Args:
        weights: as `train.save_weights` writes them.

    Returns:
        The network in evaluation mode, and the file's header: ``architecture`` and ``recipe``.

    Raises:
        ModelError: the file is missing, damaged, or not of this program.
    """
    try:
        with safe_open(weights, "pt") as file:
            header = file.metadata() or {}
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{weights} cannot be read as safetensors ({error})") from error
    try:
        facts = {name: json.loads(header[name]) for name in ("architecture", "recipe")}
    except (KeyError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{weights} is not from this program: its header has no {error}"
        ) from error
    if not isinstance(facts["recipe"], dict):
        raise ModelError(f"{weights} is not from this program: its recipe is no JSON object")
    shape = modelcard.Architecture.from_dict(facts["architecture"])
    architecture = Architecture(shape.blocks, shape.growth, shape.depth, float(shape.clamp))
    network = ProFaceS(architecture).eval()
    _check_tensors(weights, tensors, network.state_dict())
    network.load_state_dict(tensors)
    return network, facts


def export(weights: Path, folder: Path) -> ExportReport:
    """Write the graphs, check them against torch, and copy the weights beside them.

    Nothing is left in the folder if a check fails. Exporting the same weights again gives the
    same files.

    Args:
        weights: safetensors of a run.
        folder: of the profile; made if missing.

    Raises:
        ModelError: the weights cannot be read, or a graph differs from torch by more than
            `TOLERANCE` on real input.
        OutputError: the folder holds another model, or cannot be written.
    """
    network, _ = load_network(weights)
    _refuse_other_model(weights, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as temporary:
            beside = Path(temporary)
            graphs: tuple[Graph, ...] = (ProtectGraph(network), RecoverGraph(network))
            for name, graph in zip(GRAPH_FILES, graphs, strict=True):
                model = to_onnx(graph)
                (beside / name).write_bytes(model.SerializeToString(deterministic=True))
            shutil.copyfile(weights, beside / WEIGHTS_FILE)
            differences = tuple(_differences(network, beside))
            for file in beside.iterdir():
                file.replace(folder / file.name)
    except OSError as error:
        raise OutputError(f"the profile cannot be written to {folder} ({error})") from error
    return ExportReport(folder, differences)


def write_card(
    folder: Path, name: str, results: Path | None = None, provenance: Provenance | None = None
) -> ModelCard:
    """Write ``card.json`` and ``README.md`` for what `export` wrote; earlier ones are replaced.

    Args:
        folder: of the profile.
        name: of the profile: lower-case letters, digits and hyphens.
        results: an ``evaluation.json`` of ``proface lab evaluate``, if there is one.
        provenance: data and licence; None for what is known of the profile's name.

    Raises:
        ModelError: the folder lacks the export, or name or results are not valid.
        OutputError: the folder cannot be written.
    """
    network, header = load_network(folder / WEIGHTS_FILE)
    provenance = provenance or Provenance.of(name)
    try:
        digests = {
            file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in GRAPH_FILES
        }
    except OSError as error:
        raise ModelError(f"{folder} lacks an exported graph ({error}); export first") from error
    values = ModelCard(
        name=name,
        architecture=modelcard.Architecture(**network.architecture.as_dict()),  # type: ignore[arg-type]
        wrong_recovery=header["recipe"].get("mode"),
        secret=False,
        description=describe(header["recipe"].get("mode")),
        licence=provenance.licence,
        training={"data": provenance.data} | header["recipe"],
        results=_read_results(results) if results else (),
        sha256=digests,
    )
    # What is written is what can be read: the reader checks every field.
    card = ModelCard.from_json(values.to_json())
    text = render_card(card)
    _replace(folder / CARD_FILE, card.to_json())
    _replace(folder / README_FILE, text)
    return card


def _check_tensors(weights: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Refuse tensors that are not just those of the architecture, in finite float32."""
    odd = set(found) ^ set(expected)
    if odd:
        raise ModelError(f"{weights} does not fit its architecture: tensor '{min(odd)}'")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape or tensor.dtype != torch.float32:
            raise ModelError(
                f"{weights}: '{name}' is {tensor.dtype} {tuple(tensor.shape)}, and should be "
                f"float32 {tuple(expected[name].shape)}"
            )
        if not torch.isfinite(tensor).all():
            raise ModelError(f"{weights}: '{name}' holds values that are not finite")


def _refuse_other_model(weights: Path, folder: Path) -> None:
    present = [name for name in (WEIGHTS_FILE, *GRAPH_FILES) if (folder / name).exists()]
    kept = folder / WEIGHTS_FILE
    if present and not (kept.is_file() and kept.read_bytes() == weights.read_bytes()):
        raise OutputError(f"{folder} holds another model; name another folder, or remove it")


def _differences(network: ProFaceS, folder: Path) -> Iterator[Difference]:
    """Compare both graphs with torch at every size on real and random input, two at a time.

    Raises:
        ModelError: one differs too much on real input.
    """
    sessions = [
        onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
        for name in GRAPH_FILES
    ]
    generator = torch.Generator().manual_seed(0)
    for height, width in CHECKED_SIZES:
        for content in ("real", "random"):
            original, obfuscated = _faces(content, height, width, generator)
            key_map = random_key_maps(2, height, width, generator)
            with torch.inference_mode():
                protected, _ = network(original, obfuscated, key_map)
                saved = round_to_8_bits(protected)
                recovered, _ = network.inverse(saved, key_map)
            inputs = ((original, obfuscated, key_map), (saved, key_map))
            for session, given, expected in zip(
                sessions, inputs, (protected, recovered), strict=True
            ):
                names = (argument.name for argument in session.get_inputs())
                arrays = {name: tensor.numpy() for name, tensor in zip(names, given, strict=True)}
                (result,) = session.run(None, arrays)
                scale = max(1.0, expected.abs().max().item())
                largest = float(np.abs(result - expected.numpy()).max()) / scale
                graph = GRAPH_FILES[sessions.index(session)]
                yield _judge(Difference(graph, content, height, width, largest))


def _judge(difference: Difference) -> Difference:
    # Not "largest > TOLERANCE", which a NaN would pass.
    if difference.content == "real" and not difference.largest <= TOLERANCE:
        raise ModelError(
            f"{difference.graph} differs from torch by {difference.largest:.1e} at "
            f"{difference.width} x {difference.height}; allowed is {TOLERANCE}. Nothing was written"
        )
    return difference


def _faces(
    content: str, height: int, width: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Two originals and their obfuscated forms.

    Real ones are the astronaut's face (NASA, public domain) and its mirror image, plain and
    blurred; random ones are uniform noise in [-1, 1].
    """
    if content == "random":
        noise = torch.rand(2, 2, 3, height, width, generator=generator) * 2 - 1
        return noise[0], noise[1]
    top, left = max(0, 115 - height // 2), max(0, 225 - width // 2)
    picture: Picture = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    face = picture[top : top + height, left : left + width]
    faces = np.stack([face, face[:, ::-1]])
    blur = obfuscators.get("gaussian")
    return to_tensor(faces), to_tensor(np.stack([blur.apply(each) for each in faces]))


def _read_results(path: Path) -> tuple[dict[str, Any], ...]:
    try:
        results = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read as results ({error})") from error
    if not isinstance(results, list):
        raise ModelError(f"{path} is no evaluation.json: it should hold a list")
    return tuple(results)


def _replace(path: Path, text: str) -> None:
    """Write beside, then rename."""
    beside = path.with_name(path.name + ".tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error})") from error
