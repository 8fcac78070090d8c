"""What runs a network: ONNX Runtime or OpenVINO, behind one interface.

`choose` decides for one of them and says why; `Engine.open` makes a `Session` of a graph. A choice
is made of names, the first that can be had: ``cpu``, ``cuda``, ``coreml`` and ``directml`` are
providers of ONNX Runtime, ``openvino`` is OpenVINO, in the precision that suits the processor and
the model, and ``openvino-float32`` and ``openvino-bfloat16`` in a given one. Without any, the
variable ``PROFACE_PROVIDER`` counts; without that, OpenVINO where it is installed, and the
processor by ONNX Runtime where it is not.
"""

import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from ..arrays import Floats
from ..errors import ModelError
from . import threads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from openvino import Core, InferRequest

Precision = Literal["float32", "bfloat16"]

VARIABLE = "PROFACE_PROVIDER"
"""Environment variable with names, separated by commas, for whoever gives none."""
PROCESSOR = "CPUExecutionProvider"
_PROVIDERS = {
    "cpu": (PROCESSOR, "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime on a Mac"),
    "openvino": ("OpenVINOExecutionProvider", "proface[openvino]"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml on Windows"),
}
"""Short name: ONNX Runtime's name, and what to install for it."""
_OPTIONS = {
    "CUDAExecutionProvider": {
        # TensorFloat-32, the default, has 10 bits of mantissa: too few to find what is kept.
        "use_tf32": "0",
        # The default tries every algorithm anew for every size of face.
        "cudnn_conv_algo_search": "HEURISTIC",
    },
    # The other format computes in 16 bits.
    "CoreMLExecutionProvider": {"ModelFormat": "MLProgram"},
}
_LARGE = 512 * 512
"""After an input of more pixels, a runtime gives back the memory that it computed in, some hundred
megabytes that each graph would else keep. It costs nothing with ONNX Runtime, and 3 % of the time
with OpenVINO."""
_OPENVINO: dict[str, Precision | None] = {
    "openvino": None,
    "openvino-float32": "float32",
    "openvino-bfloat16": "bfloat16",
}
"""Names of OpenVINO: the precision each asks for, None for what suits."""


class Session(Protocol):
    """A graph that is ready to run; serves any number of threads."""

    provider: str
    """What runs it, for people."""

    def run(self, inputs: Sequence[Floats]) -> list[Floats]:
        """The graph's outputs for its inputs, both in the graph's order.

        The runtime's own errors come through.
        """


@dataclass(frozen=True)
class Engine:
    """A decision for a runtime."""

    runtime: Literal["onnxruntime", "openvino"]
    reason: str
    """Why this one, for people."""
    precision: Precision = "float32"
    """Of the convolutions; the rest is computed in float32 as far as the runtime allows."""
    providers: tuple[str, ...] = (PROCESSOR,)
    """ONNX Runtime's, the processor last."""

    def open(self, model: Path) -> Session:
        """Make a graph ready to run.

        Args:
            model: an ONNX file that takes and gives float32 only; its weights may lie in a file
                beside it.

        Raises:
            ModelError: the runtime cannot open it.
        """
        try:
            if self.runtime == "openvino":
                return _OpenVinoSession(model, self.precision)
            return _OnnxSession(model, self.providers)
        except Exception as error:  # neither runtime's errors share a class but this one
            where = "OpenVINO" if self.runtime == "openvino" else self.providers[0]
            raise ModelError(f"the model cannot be opened with {where} ({error})") from error


class _OnnxSession:
    def __init__(self, model: Path, providers: Sequence[str]) -> None:
        self._session = open_onnx(model, providers)
        self._names = [argument.name for argument in self._session.get_inputs()]
        # The processor, where the provider asked for is installed but finds no device.
        self.provider = str(self._session.get_providers()[0])

    def run(self, inputs: Sequence[Floats]) -> list[Floats]:
        outputs: list[Floats] = self._session.run(
            None,
            dict(zip(self._names, inputs, strict=True)),
            threads.shrinking() if _is_large(inputs) else None,
        )
        return outputs


@dataclass
class _OpenVinoSession:
    model: Path
    precision: Precision
    provider: str = field(init=False)

    def __post_init__(self) -> None:
        core = _core()
        hint = {"float32": "f32", "bfloat16": "bf16"}[self.precision]
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": hint,
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads.current(),
            # Several processes of a folder would be pinned to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled = core.compile_model(core.read_model(self.model), "CPU", settings)
        self._local = threading.local()
        self.provider = f"OpenVINO ({self.precision})"

    def run(self, inputs: Sequence[Floats]) -> list[Floats]:
        # A request holds its own tensors, so that threads do not get in one another's way.
        if not hasattr(self._local, "request"):
            self._local.request = self._compiled.create_infer_request()
        request: InferRequest = self._local.request
        found = request.infer([np.ascontiguousarray(each) for each in inputs], share_inputs=True)
        outputs = [np.array(found[index]) for index in range(len(self._compiled.outputs))]
        if _is_large(inputs):
            self._compiled.release_memory()
        return outputs


def open_onnx(
    model: Path | bytes, providers: Sequence[str] = (PROCESSOR,), most_threads: int | None = None
) -> "InferenceSession":
    """A session of ONNX Runtime, within this process's threads, that prints nothing.

    Args:
        model: an ONNX file of our own, whose weights may lie in a file beside it; or the bytes of
            one. Bytes from strangers go through `onnx_files.check` first.
        providers: ONNX Runtime's names.
        most_threads: None for as many as this process may take.

    Raises:
        Exception: ONNX Runtime cannot open it; its errors share no class but this one.
    """
    import onnxruntime  # not before it is needed: importing it takes a while

    settings: list[Any] = [(name, _OPTIONS.get(name, {})) for name in providers]
    return onnxruntime.InferenceSession(
        model, threads.session_options(most_threads), providers=settings, enable_fallback=0
    )


def _is_large(inputs: Sequence[Floats]) -> bool:
    count, _, height, width = inputs[0].shape
    return bool(count * height * width > _LARGE)


def choose(wanted: Sequence[str] | None = None, bfloat16: bool = False) -> Engine:
    """Decide what shall run a network.

    Args:
        wanted: names in order of preference, see above, or ONNX Runtime's own; None for what is
            best here. What a provider cannot do is left to the next, and in the end to the
            processor.
        bfloat16: whether the model keeps its quality in bfloat16.

    Raises:
        ModelError: a name is unknown, or not installed.
    """
    names = [wanted] if isinstance(wanted, str) else list(wanted or ())
    named = os.environ.get(VARIABLE, "").split(",") if not names else []
    variable = [name.strip() for name in named if name.strip()]
    why = f"the variable {VARIABLE} asks for it" if variable else "it was asked for"
    names = [name.lower() if name.lower() in known() else name for name in names or variable]
    if not names:
        if not openvino_installed():
            return Engine("onnxruntime", "OpenVINO is not installed")
        return _openvino(None, "it is installed", bfloat16)
    if names[0] in _OPENVINO and (
        openvino_installed() or _PROVIDERS["openvino"][0] not in providers()
    ):
        return _openvino(_OPENVINO[names[0]], why, bfloat16)
    return Engine("onnxruntime", why, providers=_choose_providers(names))


def known() -> list[str]:
    """Every short name, whether it can be had here or not."""
    return [*_PROVIDERS, *(name for name in _OPENVINO if name not in _PROVIDERS)]


def available() -> list[str]:
    """Short names of what can be had here."""
    short = [key for key, (full, _) in _PROVIDERS.items() if full in providers()]
    return short + [name for name in _OPENVINO if openvino_installed() and name not in short]


def openvino_installed() -> bool:
    """Whether the package is there; nothing is imported."""
    return find_spec("openvino") is not None


def has_bfloat16() -> bool:
    """Whether OpenVINO is here, and the processor has instructions for bfloat16."""
    return openvino_installed() and "BF16" in _core().get_property(
        "CPU", "OPTIMIZATION_CAPABILITIES"
    )


def _openvino(precision: Precision | None, why: str, bfloat16: bool) -> Engine:
    if not openvino_installed():
        raise _missing("openvino", "proface[openvino]")
    if precision is None and not bfloat16:
        precision, why = "float32", f"{why}; this model would lose too much in bfloat16"
    elif precision is None:
        able = has_bfloat16()
        precision = "bfloat16" if able else "float32"
        why = f"{why}; the processor has {'' if able else 'no '}instructions for bfloat16"
    return Engine("openvino", why, precision)


def _choose_providers(names: Sequence[str]) -> tuple[str, ...]:
    chosen = []
    for name in names:
        full, package = _PROVIDERS.get(name, (name, "a build of onnxruntime that has it"))
        if full not in providers():
            raise _missing(name, package)
        chosen.append(full)
    return (*(name for name in chosen if name != PROCESSOR), PROCESSOR)


def _missing(name: str, package: str) -> ModelError:
    return ModelError(
        f"the provider '{name}' is not available; available are: {', '.join(available())}. "
        f"To have it, install {package}"
    )


def providers() -> list[str]:
    """ONNX Runtime's names of the providers that are here."""
    from onnxruntime import get_available_providers

    names: list[str] = get_available_providers()
    return names


@lru_cache(maxsize=1)
def _core() -> "Core":
    # OpenVINO reports to its maker, over the network, that it was imported, unless that package
    # is missing. Whoever protects faces wants no such thing.
    reporter = "openvino_telemetry"
    absent = reporter not in sys.modules
    if absent:
        sys.modules[reporter] = None  # type: ignore[assignment] # makes importing it fail
    try:
        from openvino import Core
    except ImportError as error:
        raise ModelError(
            f"OpenVINO is installed, but cannot be loaded ({error}); the provider 'cpu' does "
            "without it"
        ) from error
    finally:
        if absent:
            del sys.modules[reporter]
    return Core()
