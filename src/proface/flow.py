"""The trained network at run time: ONNX Runtime on the graphs of a profile.

A profile is a folder with ``card.json``, ``protect.onnx`` and ``recover.onnx``: one of those in
``proface/weights``, or of the folder that the variable ``PROFACE_WEIGHTS`` names.

Whole faces go through the network where they are small. Large ones go in tiles which overlap by
twice the network's reach, so that every pixel kept has seen all that it would have seen in the
whole face. A call needs about 1.2 KB of memory per pixel, and so at most 0.4 GB.
"""

import hashlib
import os
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ModelError, PictureError, ProfaceError
from .keys import Key
from .modelcard import CARD_FILE, GRAPH_FILES, ModelCard
from .obfuscators import Picture
from .tiling import tiles

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

VARIABLE = "PROFACE_WEIGHTS"
TILE_SIDE = 512
"""A face of more pixels than this squared is tiled, and a batch of smaller ones split."""
PROTECT, RECOVER = GRAPH_FILES

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


class Flow:
    """A trained model that protects and recovers; make one with :meth:`load`.

    One object serves any number of threads.
    """

    def __init__(self, card: ModelCard, graphs: dict[str, bytes], providers: list[str]) -> None:
        self.card = card
        """What is known of the model."""
        self._graphs = graphs
        self._providers = providers
        self._sessions: dict[str, InferenceSession] = {}

    @classmethod
    def load(cls, profile: str, providers: Sequence[str] | None = None) -> "Flow":
        """Load a profile's model.

        Args:
            profile: one of `profiles()`.
            providers: what shall run it, in order of preference: ``cpu``, ``cuda``, ``coreml``,
                ``openvino``, ``directml``, or ONNX Runtime's own names; None for ``cpu``. What a
                provider cannot do is left to the processor.

        Raises:
            ModelError: the profile is unknown or damaged, or a provider is not installed.
        """
        names = _choose_providers(providers)
        folders = dict(_folders())
        if profile not in folders:
            raise ModelError(f"unknown profile '{profile}'; known are: {', '.join(folders) or '-'}")
        folder = folders[profile]
        try:
            card = ModelCard.from_json((folder / CARD_FILE).read_bytes())
            graphs = {name: (folder / name).read_bytes() for name in GRAPH_FILES}
        except OSError as error:
            raise ModelError(f"the profile in {folder} cannot be read ({error})") from error
        except ModelError as error:
            raise ModelError(f"the profile in {folder} cannot be used: {error}") from error
        if card.name != profile:
            raise ModelError(f"the card in {folder} is that of another profile, '{card.name}'")
        for name, graph in graphs.items():
            if hashlib.sha256(graph).hexdigest() != card.sha256[name]:
                raise ModelError(
                    f"{folder / name} is damaged: it is not the file of its model card; install "
                    "proface again, or export the model again"
                )
        return cls(card, graphs, names)

    @property
    def provider(self) -> str:
        """ONNX Runtime's name of the provider in use.

        It is ``CPUExecutionProvider`` where the one asked for is installed but finds no device.
        """
        session = next(iter(self._sessions.values()), None) or self._session(PROTECT)
        return str(session.get_providers()[0])

    def protect(self, original: Picture, obfuscated: Picture, key: Key, face: int = 0) -> Picture:
        """Hide faces in their obfuscated pictures.

        Args:
            original: uint8, H x W x 3 or N x H x W x 3, RGB, any H and W from 1.
            obfuscated: the same faces obfuscated, of the same shape.
            key: the secret; `Key.for_picture` makes one for each picture.
            face: index of the (first) face in its picture. Each face of a batch counts one more,
                so that no two share a key map.

        Returns:
            The protected faces: uint8, the original's shape. They look like the obfuscated.

        Raises:
            PictureError: an array is of another type or shape.
            ModelError: the model cannot be run.
        """
        if np.shape(original) != np.shape(obfuscated):
            raise PictureError(
                f"original and obfuscated picture differ in shape: {np.shape(original)} and "
                f"{np.shape(obfuscated)}"
            )
        return self._run(PROTECT, (original, obfuscated), key, face)

    def recover(self, protected: Picture, key: Key, face: int = 0) -> Picture:
        """Recover the originals of protected faces.

        A wrong key is no error: it gives what the profile's wrong-recovery mode promises.

        Args:
            protected: uint8, H x W x 3 or N x H x W x 3, RGB, as `protect` returned it.
            key: the one that protected.
            face: the index that protected.

        Returns:
            The recovered faces: uint8, of the same shape.

        Raises:
            PictureError: the array is of another type or shape.
            ModelError: the model cannot be run.
        """
        return self._run(RECOVER, (protected,), key, face)

    def _run(self, graph: str, pictures: tuple[Picture, ...], key: Key, face: int) -> Picture:
        """Send pictures through a graph, as many and as large pieces at once as memory allows."""
        batches = [_make_even(_check(picture, face)) for picture in pictures]
        count, height, width = batches[0].shape[:3]
        result = np.empty_like(batches[0])
        side = TILE_SIDE if height * width > TILE_SIDE**2 else max(height, width)
        pieces = list(tiles(height, width, self.card.architecture.reach, side))
        at_once = max(1, TILE_SIDE**2 // (height * width))
        for first in range(0, count, at_once):
            some = slice(first, min(first + at_once, count))
            maps = np.stack([key.map(face + index, height, width) for index in range(count)[some]])
            for piece in pieces:
                inputs = [_to_floats(batch[some, *piece.window]) for batch in batches]
                inputs.append(maps[:, None, *piece.window].astype(np.float32))
                output = self._call(graph, inputs)
                result[some, *piece.core] = _to_bytes(output[:, :, *piece.inner])
        shape = pictures[0].shape
        return np.ascontiguousarray(result[:, : shape[-3], : shape[-2]]).reshape(shape)

    def _call(self, graph: str, inputs: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        session = self._session(graph)
        names = [argument.name for argument in session.get_inputs()]
        try:
            (output,) = session.run(None, dict(zip(names, inputs, strict=True)))
        except Exception as error:  # ONNX Runtime's errors share no class but this one.
            raise ModelError(f"{self.card.name}: {graph} cannot be run ({error})") from error
        floats: NDArray[np.float32] = output
        return floats

    def _session(self, graph: str) -> "InferenceSession":
        """The graph's session, made when it is first needed."""
        if graph not in self._sessions:
            self._sessions[graph] = _open_session(self._graphs[graph], self._providers)
        return self._sessions[graph]


def profiles() -> list[str]:
    """Names of the models that are installed, or that ``PROFACE_WEIGHTS`` adds.

    Raises:
        ModelError: the variable names no folder.
    """
    return [name for name, _ in _folders()]


def _folders() -> list[tuple[str, Traversable]]:
    """Every profile's name and folder, by name; a shipped one stands before an added one."""
    found: dict[str, Traversable] = {}
    parents: list[Traversable] = [files("proface") / "weights"]
    if added := os.environ.get(VARIABLE):
        if not Path(added).is_dir():
            raise ModelError(f"{VARIABLE} names '{added}', which is no folder")
        parents.append(Path(added))
    for parent in parents:
        for folder in parent.iterdir() if parent.is_dir() else ():
            if all((folder / name).is_file() for name in (CARD_FILE, *GRAPH_FILES)):
                found.setdefault(folder.name, folder)
    return sorted(found.items())


def _choose_providers(wanted: Sequence[str] | None) -> list[str]:
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

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # Errors alone: a library does not print.
    settings: list[Any] = [(name, _OPTIONS.get(name, {})) for name in providers]
    try:
        return onnxruntime.InferenceSession(graph, options, providers=settings, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's errors share no class but this one.
        raise ModelError(f"the model cannot be opened with {providers[0]} ({error})") from error


def _check(picture: Picture, face: int) -> Picture:
    """The pictures as N x H x W x 3.

    Raises:
        PictureError: not uint8, or of another shape.
        ProfaceError: the face index is negative.
    """
    kind = f"{getattr(picture, 'dtype', type(picture).__name__)} of shape {np.shape(picture)}"
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
        raise PictureError(f"faces are uint8 arrays, not {kind}")
    if picture.ndim not in (3, 4) or picture.shape[-1] != 3 or 0 in picture.shape[-3:]:
        raise PictureError(f"faces are H x W x 3 or N x H x W x 3, not {kind}")
    batch = picture if picture.ndim == 4 else picture[None]
    if not 0 <= face <= 2**32 - len(batch):
        raise ProfaceError(f"face indices run from 0 to 2^32 - 1, not from {face}")
    return batch


def _make_even(batch: Picture) -> Picture:
    """Repeat the last row and column where their number is odd; the wavelets want pairs."""
    _, height, width, _ = batch.shape
    if height % 2 == 0 and width % 2 == 0:
        return batch
    return np.pad(batch, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _to_floats(pictures: Picture) -> NDArray[np.float32]:
    """uint8 N x H x W x 3 to N x 3 x H x W in [-1, 1]."""
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    return planes.astype(np.float32) / np.float32(127.5) - np.float32(1)


def _to_bytes(planes: NDArray[np.float32]) -> Picture:
    """N x 3 x H x W in [-1, 1], or beyond, to uint8 N x H x W x 3."""
    levels = np.rint((planes.clip(-1, 1) + 1) * np.float32(127.5))
    return levels.astype(np.uint8).transpose(0, 2, 3, 1)
