"""How exactly ONNX graphs do what torch does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data
import torch
from torch import Tensor

from ... import obfuscators
from ...arrays import Picture
from ...errors import ModelError
from ...inference.engines import open_onnx
from ...profile.trained.hardened import PAYLOAD_SCALE
from ...profile.trained.pilots import CHANNELS
from ..data.pictures import random_key_maps, to_tensor
from ..network.graphs import Graph
from ..network.model import round_to_8_bits

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


def differences(graphs: dict[str, Graph], folder: Path) -> Iterator[Difference]:
    """Compare both graphs with torch at every size on real and random input, two at a time.

    Raises:
        ModelError: one differs too much on real input.
    """
    sessions = {name: open_onnx(folder / name) for name in graphs}
    generator = torch.Generator().manual_seed(0)
    for height, width in CHECKED_SIZES:
        for content in ("real", "random"):
            given = _inputs(content, height, width, generator)
            for name, graph in graphs.items():
                arguments = tuple(given[argument] for argument in graph.inputs)
                expected = _outputs(graph, arguments)
                if "protected" in graph.outputs:
                    given["protected"] = round_to_8_bits(expected[0])
                named = dict(zip(graph.inputs, arguments, strict=True))
                results = sessions[name].run(
                    None, {key: item.numpy() for key, item in named.items()}
                )
                largest = max(
                    float(np.abs(found - right.numpy()).max()) / max(1.0, right.abs().max().item())
                    for found, right in zip(results, expected, strict=True)
                )
                yield _judge(Difference(name, content, height, width, largest))


@torch.inference_mode()
def _outputs(graph: Graph, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    output = graph(*arguments)
    return (output,) if isinstance(output, Tensor) else tuple(output)


def _inputs(content: str, height: int, width: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Whatever a graph of two faces takes, but for the protected picture."""
    original, obfuscated = _faces(content, height, width, generator)
    payload = torch.randn(2, CHANNELS, height // 2, width // 2, generator=generator)
    return {
        "original": original,
        "obfuscated": obfuscated,
        "payload": payload * float(PAYLOAD_SCALE),
        "key_map": random_key_maps(2, height, width, generator),
    }


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
