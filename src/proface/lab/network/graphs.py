"""The trained network as two ONNX graphs, one for each direction.

The Haar transform becomes one strided convolution and its inverse one transposed convolution.
The protect graph has one output. What only the byproduct depends on, the last block's rho and
eta, is not in it at all, and so is never computed.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from ...profile.trained.model_card import GRAPH_FILES
from .model import ProFaceS, SecureCouplingBlock

OPSET = 18


class Haar(nn.Module):
    """`wavelet.dwt` and `wavelet.iwt` of pictures with ``channels`` channels."""

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        signs = [[[1, 1], [1, 1]], [[1, -1], [1, -1]], [[1, 1], [-1, -1]], [[1, -1], [-1, 1]]]
        bands = torch.tensor(signs, dtype=torch.float32) / 2
        # Output band * channels + channel sees input channel alone.
        kernel = torch.einsum("bhw,oi->boihw", bands, torch.eye(channels))
        self.register_buffer("kernel", kernel.flatten(0, 1))

    def forward(self, picture: Tensor) -> Tensor:
        """B x C x H x W to B x 4C x H/2 x W/2."""
        return nn.functional.conv2d(picture, self.kernel, stride=2)

    def inverse(self, bands: Tensor) -> Tensor:
        """B x 4C x H/2 x W/2 to B x C x H x W."""
        return nn.functional.conv_transpose2d(bands, self.kernel, stride=2)


class Graph(nn.Module):
    """One direction of a network; ``inputs`` and ``outputs`` name its tensors."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __init__(self, network: ProFaceS) -> None:
        super().__init__()
        self.blocks, self.picture, self.secret = network.blocks, Haar(3), Haar(1)
        self.eval()

    @property
    def couplings(self) -> list[SecureCouplingBlock]:
        """The blocks in forward order."""
        return list(self.blocks)  # type: ignore[arg-type]


class ProtectGraph(Graph):
    """`ProFaceS.forward` without its byproduct."""

    inputs = ("original", "obfuscated", "key_map")
    outputs = ("protected",)

    def forward(self, original: Tensor, obfuscated: Tensor, key_map: Tensor) -> Tensor:
        """The protected picture, B x 3 x H x W, unrounded and unclamped."""
        secret = self.secret(key_map)
        x, y = self.picture(original), self.picture(obfuscated)
        for block in self.couplings:
            x, y = block(x, y, secret)
        return self.picture.inverse(y)


class RecoverGraph(Graph):
    """`ProFaceS.inverse` without its byproduct."""

    inputs = ("protected", "key_map")
    outputs = ("recovered",)

    def forward(self, protected: Tensor, key_map: Tensor) -> Tensor:
        """The recovered picture, B x 3 x H x W, unrounded and unclamped."""
        secret = self.secret(key_map)
        x, y = torch.cat((secret, secret, secret), dim=1), self.picture(protected)
        for block in reversed(self.couplings):
            x, y = block.inverse(x, y, secret)
        return self.picture.inverse(x)


class HardenedProtectGraph(Graph):
    """The hardened flow's protection: a payload of 9 channels, kept in the details."""

    inputs = ("obfuscated", "payload", "key_map")
    outputs = ("protected",)

    def forward(self, obfuscated: Tensor, payload: Tensor, key_map: Tensor) -> Tensor:
        """The protected picture, B x 3 x H x W, unrounded and unclamped."""
        secret = self.secret(key_map)
        x, y = torch.cat((torch.zeros_like(payload[:, :3]), payload), 1), self.picture(obfuscated)
        for block in self.couplings:
            x, y = block(x, y, secret)
        return self.picture.inverse(y)


class HardenedRecoverGraph(Graph):
    """The hardened flow's recovery: payload and obfuscated picture."""

    inputs = ("protected", "key_map")
    outputs = ("payload", "obfuscated")

    def forward(self, protected: Tensor, key_map: Tensor) -> tuple[Tensor, Tensor]:
        """Payload, B x 9 x H/2 x W/2, and obfuscated picture, B x 3 x H x W."""
        secret = self.secret(key_map)
        x, y = torch.cat((secret, secret, secret), dim=1), self.picture(protected)
        for block in reversed(self.couplings):
            x, y = block.inverse(x, y, secret)
        return x[:, 3:], self.picture.inverse(y)


def graphs_of(network: ProFaceS, flow: str) -> dict[str, Graph]:
    """The graphs of a network by file name, for a ``paper`` or ``hardened`` flow."""
    hardened = (HardenedProtectGraph, HardenedRecoverGraph)
    kinds = hardened if flow == "hardened" else (ProtectGraph, RecoverGraph)
    return {name: kind(network) for name, kind in zip(GRAPH_FILES, kinds, strict=True)}


def to_onnx(graph: Graph) -> onnx.ModelProto:
    """Export one direction, weights inside, for any batch, height and width.

    Args:
        graph: its weights in float32 on the CPU.

    Returns:
        A checked model without traces of the machine that made it: equal weights give equal
        bytes.
    """
    batch, rows, columns = Dim("batch"), Dim("half_height"), Dim("half_width")
    whole, half = {0: batch, 2: 2 * rows, 3: 2 * columns}, {0: batch, 2: rows, 3: columns}
    sizes = {"key_map": (2, 1, 16, 24), "payload": (2, 9, 8, 12)}
    example = tuple(torch.zeros(sizes.get(name, (2, 3, 16, 24))) for name in graph.inputs)
    shapes = tuple(half if name == "payload" else whole for name in graph.inputs)
    with _quiet():
        program = torch.onnx.export(
            graph,
            example,
            dynamo=True,
            dynamic_shapes=shapes,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    model = program.model_proto
    _strip(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _strip(model: onnx.ModelProto) -> None:
    """Drop the exporter's notes, which hold source lines and paths of this machine."""
    graph = model.graph
    graph.ClearField("value_info")
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    model.ClearField("producer_version")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's complaints about itself; all other warnings stand."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)  # It misses torchvision, which is not used here.
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)`", FutureWarning)
            # All inputs have the same axes, which is meant.
            warnings.filterwarnings("ignore", "# The axis name: .* will not be used", UserWarning)
            yield
    finally:
        logger.setLevel(level)
