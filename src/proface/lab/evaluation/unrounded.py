"""Protection and recovery without the 8 bits of a file in between: what papers measure.

No file keeps such pictures. They say how much of a loss is the network's, and how much the file's.
"""

from collections.abc import Sequence

import numpy as np

from ...arrays import Floats, Picture
from ...inference.network import GraphRunner
from ...keys import PictureKey
from ...profile.trained.flow import Flow, face_keys
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import GRAPH_FILES
from ...profile.trained.paper import PaperFlow
from ..network.flow import TorchFlow

_PROTECT, _RECOVER = GRAPH_FILES


def unrounded(
    flow: object, original: Picture, obfuscated: Picture, key: PictureKey, face: int
) -> tuple[Floats, Floats] | None:
    """Protect and recover faces in floating point, within the range of a picture.

    Original and obfuscated faces are uint8, N x H x W x 3, H and W even; ``face`` is the index of
    the first.

    Returns:
        Protected and recovered faces, float32, N x H x W x 3, 0 to 255. None for a flow that makes
        whole levels by itself, and is no `Flow` or `TorchFlow`.

    Raises:
        ModelError: the model cannot be run.
    """
    if isinstance(flow, Flow):
        architecture = flow.card.architecture
    elif isinstance(flow, TorchFlow):
        architecture = flow.architecture
    else:
        return None
    network, keys = _Passing(flow.network), face_keys(key, face, len(original))
    if flow.hardened is None:
        paper = PaperFlow(network, architecture, flow.rounding)
        rounded = paper.protect(original, obfuscated, keys)
        paper.recover(rounded, keys)
        return _levels(network.protected), _levels(network.recovered)
    hardened = Hardened(network, architecture, flow.rounding, flow.hardened.corrections)
    rounded = hardened.protect(original, obfuscated, keys)
    faces = hardened.recover_unrounded(rounded, keys)
    recovered = [each for each in faces if each is not None]
    return _levels(network.protected), np.stack(recovered).clip(0, 255)


class _Passing:
    """Hands the protected picture to recovery as the network made it, whatever bytes are given."""

    protected: Floats
    recovered: Floats

    def __init__(self, runner: GraphRunner) -> None:
        self._runner = runner
        self.precision, self.tile_side = runner.precision, runner.tile_side

    def run(self, graph: str, inputs: Sequence[Floats], reach: int) -> list[Floats]:
        if graph == _PROTECT:
            outputs = self._runner.run(graph, inputs, reach)
            self.protected = outputs[0].clip(-1, 1)
            return outputs
        outputs = self._runner.run(graph, [self.protected, *inputs[1:]], reach)
        self.recovered = outputs[0]
        return outputs


def _levels(planes: Floats) -> Floats:
    """N x 3 x H x W in [-1, 1], or beyond, to N x H x W x 3, 0 to 255."""
    return (planes.clip(-1, 1).transpose(0, 2, 3, 1) + 1) * np.float32(127.5)
