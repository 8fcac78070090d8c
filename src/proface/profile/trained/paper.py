"""The paper's flow on the application's side: the network keeps the face itself (eq. 7 to 17).

It reproduces the paper and keeps no secret from those who train a network of their own.
"""

from collections.abc import Sequence

import numpy as np

from ...arrays import Floats, Picture
from ...inference.network import GraphRunner, to_floats
from ...keys import FaceKey
from .model_card import GRAPH_FILES, Architecture
from .rounding import NEAREST, Rounding

_PROTECT, _RECOVER = GRAPH_FILES

FaceKeys = Sequence[FaceKey]
"""A key for each face of a batch."""


class PaperFlow:
    """Protects and recovers batches, uint8, N x H x W x 3, RGB."""

    def __init__(
        self, network: GraphRunner, architecture: Architecture, rounding: Rounding = NEAREST
    ) -> None:
        """Put a flow together of what runs its graphs; ``rounding`` is of what is protected."""
        self._network = network
        self._rounding = rounding
        # The last half-step of each direction makes a byproduct, which is not wanted.
        self._reach = architecture.reach(2 * architecture.blocks - 1)

    def protect(self, original: Picture, obfuscated: Picture, keys: FaceKeys) -> Picture:
        """The protected pictures; see `proface.Flow.protect`."""
        return self._run(_PROTECT, (original, obfuscated), keys, self._rounding)

    def recover(self, protected: Picture, keys: FaceKeys) -> Picture:
        """The recovered pictures; see `proface.Flow.recover`."""
        return self._run(_RECOVER, (protected,), keys, NEAREST)

    def _run(
        self, graph: str, pictures: tuple[Picture, ...], keys: FaceKeys, rounding: Rounding
    ) -> Picture:
        height, width = pictures[0].shape[1:3]
        inputs = [to_floats(_make_even(picture)) for picture in pictures]
        inputs.append(key_maps(keys, *inputs[0].shape[2:]))
        (output,) = self._network.run(graph, inputs, self._reach)
        return rounding.to_bytes(output)[:, :height, :width]


def key_maps(keys: FaceKeys, height: int, width: int) -> Floats:
    """The key maps of faces as a network takes them, faces x 1 x height x width."""
    maps = [key.map(height, width) for key in keys]
    return np.stack(maps)[:, None].astype(np.float32)


def _make_even(batch: Picture) -> Picture:
    """Repeat the last row and column where their number is odd; the wavelets want pairs."""
    _, height, width, _ = batch.shape
    if height % 2 == 0 and width % 2 == 0:
        return batch
    return np.pad(batch, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
