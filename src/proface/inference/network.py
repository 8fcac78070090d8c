"""A model's graphs at work: sessions, tiles.

Small pictures go through the network whole. Large ones go in tiles which overlap by twice the
network's reach, so that every pixel kept has seen all that it would have seen in the whole
picture. A call needs about 0.5 KB of memory per pixel with ONNX Runtime and 1.1 KB with OpenVINO,
and so at most 0.5 GB.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ..arrays import Floats, Picture
from ..errors import ModelError
from ..timing import stage
from .engines import Engine, Precision, Session
from .tiling import Span, tiles

TILE_SIDES = {"onnxruntime": 832, "openvino": 576}
"""By runtime: a picture of more pixels than this squared is tiled, and a batch that has more is
split. OpenVINO needs more memory for a pixel, and more beside."""


class GraphRunner(Protocol):
    """Whatever runs the graphs of a model: a runtime here, torch in the laboratory."""

    @property
    def precision(self) -> Precision:
        """In which the graphs run."""

    @property
    def tile_side(self) -> int:
        """The root of the number of pixels that are computed at once."""

    def run(self, graph: str, inputs: Sequence[Floats], reach: int) -> list[Floats]:
        """Send arrays through a graph, see `Network.run`."""


class Network:
    """The graphs of one model, ready to run; serves any number of threads."""

    def __init__(
        self,
        name: str,
        graphs: Mapping[str, Path],
        engine: Engine,
        others: Mapping[str, Engine] | None = None,
    ) -> None:
        """ONNX files by graph; those that ``others`` names run on an engine of their own."""
        self.name = name
        self._graphs = graphs
        self._engine = engine
        self._others = others or {}
        self._sessions: dict[str, Session] = {}

    @property
    def provider(self) -> str:
        """What runs it: OpenVINO with its precision, or ONNX Runtime's name of a provider.

        It is ``CPUExecutionProvider`` where the one asked for is installed but finds no device.
        """
        opened = next(iter(self._sessions.values()), None)
        return (opened or self._session(next(iter(self._graphs)))).provider

    @property
    def precision(self) -> Precision:
        """In which all graphs run but those that were given an engine of their own."""
        return self._engine.precision

    @property
    def reason(self) -> str:
        """Why that runs it, and what runs otherwise."""
        others = (
            f"{graph} in {each.precision}"
            for graph, each in self._others.items()
            if each.precision != self._engine.precision
        )
        return "; ".join((self._engine.reason, *others))

    @property
    def tile_side(self) -> int:
        """The root of the number of pixels that are computed at once, see `TILE_SIDES`."""
        return TILE_SIDES[self._engine.runtime]

    @stage("network")
    def run(self, graph: str, inputs: Sequence[Floats], reach: int) -> list[Floats]:
        """Send arrays through a graph, in tiles where they are large.

        Args:
            graph: file name.
            inputs: N x C x H x W, or N x C x H/2 x W/2, in the graph's order; the first has H x W,
                both even.
            reach: how many pixels away a pixel can matter.

        Returns:
            The graph's outputs, in whole or half resolution as the graph gives them.

        Raises:
            ModelError: the graph cannot be run.
        """
        count, _, height, width = inputs[0].shape
        results: list[Floats] = []
        for piece in tiles(height, width, reach, self.tile_side):
            parts = [
                array[:, :, *_scaled(piece.window, height // array.shape[2])] for array in inputs
            ]
            rows = piece.window[0].stop - piece.window[0].start
            for index, output in enumerate(self._call(graph, parts)):
                scale = rows // output.shape[2]
                if len(results) == index:
                    shape = (count, output.shape[1], height // scale, width // scale)
                    results.append(np.empty(shape, np.float32))
                core, inner = _scaled(piece.core, scale), _scaled(piece.inner, scale)
                results[index][:, :, *core] = output[:, :, *inner]
        return results

    def _call(self, graph: str, inputs: list[Floats]) -> list[Floats]:
        session = self._session(graph)
        try:
            return session.run(inputs)
        except Exception as error:  # the runtimes' errors share no class but this one
            raise ModelError(f"{self.name}: {graph} cannot be run ({error})") from error

    def _session(self, graph: str) -> Session:
        """The graph's session, made when it is first needed."""
        if graph not in self._sessions:
            engine = self._others.get(graph, self._engine)
            self._sessions[graph] = engine.open(self._graphs[graph])
        return self._sessions[graph]


def to_floats(pictures: Picture | Floats) -> Floats:
    """N x H x W x 3 in levels of 255, whole or not, to N x 3 x H x W in [-1, 1]."""
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    return planes.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_bytes(planes: Floats) -> Picture:
    """N x 3 x H x W in [-1, 1], or beyond, to uint8 N x H x W x 3."""
    levels = np.rint((planes.clip(-1, 1) + 1) * np.float32(127.5))
    return levels.astype(np.uint8).transpose(0, 2, 3, 1)


def _scaled(span: Span, scale: int) -> Span:
    """Rows and columns in an array of 1 / scale the size."""
    rows, columns = span
    return (
        slice(rows.start // scale, rows.stop // scale),
        slice(columns.start // scale, columns.stop // scale),
    )
