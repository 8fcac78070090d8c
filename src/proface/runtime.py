"""ONNX Runtime on a model's graphs: providers, sessions, tiles.

Small pictures go through the network whole. Large ones go in tiles which overlap by twice the
network's reach, so that every pixel kept has seen all that it would have seen in the whole
picture. A call needs about 1.2 KB of memory per pixel, and so at most 0.4 GB.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError
from .obfuscators import Picture
from .stopwatch import stage
from .threads import session_options
from .tiling import Span, tiles

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]

TILE_SIDE = 512
"""A picture of more pixels than this squared is tiled, and a batch that has more is split."""

_PROVIDERS = {
    "cpu": ("CPUExecutionProvider", "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime on a Mac"),
    "openvino": ("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml on Windows"),
}
"""Short name: ONNX Runtime's name, and what to install for it."""
_OPTIONS = {
    # TensorFloat-32, the default, has 10 bits of mantissa: too few to find hidden details.
    "CUDAExecutionProvider": {"use_tf32": "0"},
    # The older format computes in 16 bits.
    "CoreMLExecutionProvider": {"ModelFormat": "MLProgram"},
}


class Network:
    """The graphs of one model, ready to run; serves any number of threads."""

    def __init__(self, name: str, graphs: dict[str, bytes], providers: list[str]) -> None:
        self.name = name
        self._graphs = graphs
        self._providers = providers
        self._sessions: dict[str, InferenceSession] = {}

    @property
    def provider(self) -> str:
        """ONNX Runtime's name of the provider in use.

        It is ``CPUExecutionProvider`` where the one asked for is installed but finds no device.
        """
        opened = next(iter(self._sessions.values()), None)
        session = opened or self._session(next(iter(self._graphs)))
        return str(session.get_providers()[0])

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
        side = TILE_SIDE if height * width > TILE_SIDE**2 else max(height, width)
        results: list[Floats] = []
        for piece in tiles(height, width, reach, side):
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
        names = [argument.name for argument in session.get_inputs()]
        try:
            outputs: list[Floats] = session.run(None, dict(zip(names, inputs, strict=True)))
        except Exception as error:  # ONNX Runtime's errors share no class but this one.
            raise ModelError(f"{self.name}: {graph} cannot be run ({error})") from error
        return outputs

    def _session(self, graph: str) -> "InferenceSession":
        """The graph's session, made when it is first needed."""
        if graph not in self._sessions:
            self._sessions[graph] = _open_session(self._graphs[graph], self._providers)
        return self._sessions[graph]


def to_floats(pictures: Picture) -> Floats:
    """uint8 N x H x W x 3 to N x 3 x H x W in [-1, 1]."""
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


def choose_providers(wanted: Sequence[str] | None) -> list[str]:
    """ONNX Runtime's names of the providers asked for, the processor last."""
    from onnxruntime import get_available_providers

    available = get_available_providers()
    chosen = []
    for name in (wanted,) if isinstance(wanted, str) else wanted or ():
        full, package = _PROVIDERS.get(name.lower(), (name, "a build of onnxruntime that has it"))
        if full not in available:
            short = [key for key, (value, _) in _PROVIDERS.items() if value in available]
            raise ModelError(
                f"the provider '{name}' is not available; available are: {', '.join(short)}. "
                f"To have it, install {package}"
            )
        chosen.append(full)
    return [name for name in chosen if name != "CPUExecutionProvider"] + ["CPUExecutionProvider"]


def _open_session(graph: bytes, providers: list[str]) -> "InferenceSession":
    import onnxruntime

    options = session_options()
    settings: list[Any] = [(name, _OPTIONS.get(name, {})) for name in providers]
    try:
        return onnxruntime.InferenceSession(graph, options, providers=settings, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's errors share no class but this one.
        raise ModelError(f"the model cannot be opened with {providers[0]} ({error})") from error
