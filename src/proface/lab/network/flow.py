"""The application's flow on a torch network, for judging a model before export."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...arrays import Floats, Picture
from ...inference.engines import Precision
from ...inference.network import TILE_SIDES
from ...keys import PictureKey
from ...profile.base import WrongRecovery
from ...profile.trained.flow import face_keys
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import Architecture, FlowKind
from ...profile.trained.paper import PaperFlow
from ...profile.trained.rounding import Rounding
from .graphs import graphs_of
from .model import ProFaceS
from .sensitivity import rounding_of


class TorchNetwork:
    """Runs the graphs of a network in torch, without tiles: a `GraphRunner`."""

    precision: Precision = "float32"
    tile_side = TILE_SIDES["onnxruntime"]

    def __init__(self, network: ProFaceS, flow: FlowKind, device: torch.device) -> None:
        self._modules = graphs_of(network, flow)
        self._device = device

    @torch.inference_mode()
    def run(self, graph: str, inputs: Sequence[Floats], reach: int) -> list[Floats]:
        """See `proface.inference.network.Network.run`."""
        module = self._modules[graph].to(self._device)
        given = [torch.from_numpy(np.ascontiguousarray(array)) for array in inputs]
        output = module(*(tensor.to(self._device) for tensor in given))
        outputs: tuple[Tensor, ...] = (output,) if isinstance(output, Tensor) else output
        return [tensor.float().cpu().numpy() for tensor in outputs]


class TorchFlow:
    """`proface.Flow` with a network in memory: same calls, on batches."""

    def __init__(
        self,
        network: ProFaceS,
        flow: FlowKind = "paper",
        wrong_recovery: WrongRecovery = "noise",
        device: torch.device | None = None,
        rounding: Rounding | None = None,
    ) -> None:
        """Without a rounding, it is the one that export would give the network."""
        self.network = TorchNetwork(network, flow, device or torch.device("cpu"))
        self.architecture = Architecture(**network.architecture.as_dict())  # type: ignore[arg-type]
        self.rounding = rounding_of(network, flow) if rounding is None else rounding
        parts = (self.network, self.architecture, self.rounding)
        self.hardened = Hardened(*parts) if flow == "hardened" else None
        self._steps = self.hardened or PaperFlow(*parts)
        self._wrong_recovery: WrongRecovery = wrong_recovery

    def protect(
        self, original: Picture, obfuscated: Picture, key: PictureKey, face: int = 0
    ) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return self._steps.protect(original, obfuscated, face_keys(key, face, len(original)))

    def recover(self, protected: Picture, key: PictureKey, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        keys = face_keys(key, face, len(protected))
        if self.hardened:
            return self.hardened.recover(protected, keys, self._wrong_recovery)
        return self._steps.recover(protected, keys)
