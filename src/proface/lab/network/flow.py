"""The application's flow on a torch network, for judging a model before export."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...arrays import Floats, Picture
from ...inference.engines import choose
from ...inference.network import Network
from ...keys import Key
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import Architecture, FlowKind, WrongRecovery
from ...profile.trained.paper import PaperFlow
from ...profile.trained.rounding import Rounding
from .graphs import graphs_of
from .model import ProFaceS
from .sensitivity import rounding_of


class TorchNetwork(Network):
    """`Network` with torch in place of ONNX Runtime, and without tiles."""

    def __init__(
        self, network: ProFaceS, flow: FlowKind, device: torch.device, rounding: Rounding
    ) -> None:
        super().__init__("torch", {}, choose(["cpu"]), rounding=rounding)
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
        wrong_recovery: WrongRecovery = "randwr",
        device: torch.device | None = None,
        rounding: Rounding | None = None,
    ) -> None:
        """Without a rounding, it is the one that export would give the network."""
        self.network = TorchNetwork(
            network,
            flow,
            device or torch.device("cpu"),
            rounding_of(network, flow) if rounding is None else rounding,
        )
        self.architecture = Architecture(**network.architecture.as_dict())  # type: ignore[arg-type]
        self.hardened = (
            Hardened(self.network, self.architecture, wrong_recovery)
            if flow == "hardened"
            else None
        )
        self._method = self.hardened or PaperFlow(self.network, self.architecture)

    def protect(self, original: Picture, obfuscated: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return self._method.protect(original, obfuscated, key, face)

    def recover(self, protected: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        return self._method.recover(protected, key, face)
