"""Networks that users bring because their licences forbid shipping them: which ones, and where.

They lie in a folder of the user's, or in the one that the variable ``PROFACE_MODELS`` names. A file
is accepted only after it was opened and its inputs and outputs were compared.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ModelError, OutputError
from ...files import output
from ...inference import onnx_files
from ...inference.engines import open_onnx

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

VARIABLE = "PROFACE_MODELS"
"""Environment variable naming the folder."""
GUIDE = "docs/howto/swap-faces.md"
"""Tells where the networks are published."""
_LARGEST = 2_000_000_000
"""Bytes of a file; ONNX itself allows no more."""

Shape = tuple[int | None, ...]
"""Of an input or output; None stands for any of the sizes the network is made in."""


@dataclass(frozen=True)
class Wanted:
    """A network that an obfuscator needs."""

    name: str
    """Such as ``simswap-generator``; its file is ``simswap-generator.onnx``."""
    inputs: tuple[Shape, ...]
    """In the order of the graph, whose names are free."""
    output: Shape
    """Of the graph's first one."""
    summary: str
    """One line for a listing."""


_PICTURE, _IDENTITY = (1, 3, None, None), (1, 512)
WANTED = {
    each.name: each
    for each in (
        Wanted("simswap-identity", ((1, 3, 112, 112),), _IDENTITY, "who a face is: ArcFace"),
        Wanted("simswap-generator", (_PICTURE, _IDENTITY), _PICTURE, "SimSwap, 224 or 512 pixels"),
        Wanted("faceshifter-identity", ((1, 3, 112, 112),), _IDENTITY, "who a face is: ArcFace"),
        Wanted(
            "faceshifter-generator",
            ((1, 3, 256, 256), _IDENTITY),
            (1, 3, 256, 256),
            "FaceShifter's AEI-Net, 256 pixels",
        ),
    )
}
"""By name."""


def folder() -> Path:
    """Where networks are kept; it need not exist."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "proface" / "models"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "proface" / "models"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "proface" / "models"


def path_of(name: str) -> Path:
    """Where a network is kept, whether it is there or not.

    Raises:
        ModelError: none of that name is needed.
    """
    if name not in WANTED:
        raise ModelError(f"no network is called '{name}'; there are: {', '.join(WANTED)}")
    return folder() / f"{name}.onnx"


def add(file: Path, name: str, overwrite: bool = False) -> Path:
    """Copy a network into the folder, once it is seen to be of the right kind.

    Returns:
        Where it is now.

    Raises:
        ModelError: there is no such file, it is no network, or one of another kind.
        OutputError: there is one already, or it cannot be written.
    """
    target = path_of(name)
    if not file.is_file():
        raise ModelError(f"there is no file {file}")
    if file.stat().st_size > _LARGEST:
        raise ModelError(f"{file} is larger than an ONNX file can be")
    data = file.read_bytes()
    _opened(data, name, file)
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already; --overwrite replaces it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target.parent} cannot be made: {error}") from error
    output.write(target, data, overwrite)
    return target


def load(name: str) -> "InferenceSession":
    """Open a network, on the processor.

    Raises:
        ModelError: it is missing or of another kind.
    """
    path = path_of(name)
    if not path.is_file():
        raise ModelError(
            f"{name}.onnx is not installed; its licence forbids shipping it. {GUIDE} says where "
            f"it is published; then: proface models add FILE --as {name}"
        )
    return _opened(path.read_bytes(), name, path)


def _opened(data: bytes, name: str, path: Path) -> "InferenceSession":
    onnx_files.check(data, path)
    try:
        session = open_onnx(data)
    except Exception as error:  # ONNX Runtime's errors share no class but this one.
        raise ModelError(f"{path} is no network that ONNX Runtime can open ({error})") from error
    wanted = WANTED[name]
    inputs = [each.shape for each in session.get_inputs()]
    outputs = [each.shape for each in session.get_outputs()][:1]
    kinds = {each.type for each in (*session.get_inputs(), *session.get_outputs()[:1])}
    fits = len(inputs) == len(wanted.inputs) and all(map(_fits, inputs, wanted.inputs))
    if not fits or not outputs or not _fits(outputs[0], wanted.output):
        raise ModelError(
            f"{path} is no {name}: it takes {_text(inputs)} and gives {_text(outputs)}, but "
            f"{_text(wanted.inputs)} and {_text([wanted.output])} are expected; see {GUIDE}"
        )
    if kinds != {"tensor(float)"}:
        raise ModelError(f"{path} computes with {', '.join(sorted(kinds))}; export it in float32")
    return session


def _fits(shape: Sequence[int | str | None], wanted: Shape) -> bool:
    """Whether a shape can be the wanted one; sizes that a file leaves open fit a known size."""
    return len(shape) == len(wanted) and all(
        isinstance(size, int) if known is None else size == known or not isinstance(size, int)
        for size, known in zip(shape, wanted, strict=True)
    )


def _text(shapes: Sequence[Sequence[int | str | None]]) -> str:
    return " and ".join(" x ".join(str(n or "S") for n in shape) for shape in shapes) or "nothing"
