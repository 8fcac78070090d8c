"""A graph's dense blocks as the runtimes compute them fastest: same weights, same result.

Two things differ from `network.DenseBlock`. The input of a block, glued of a picture's channels and
the secret map's, passes through a convolution with the identity: its output is in the blocked
layout that ONNX Runtime's convolutions work in, so that no later concatenation has to be taken
apart and put together again. And the last convolution is the sum of two, of the features that the
one before it saw, which lie there already, and of the one feature more; the largest concatenation
of the block is never made.
"""

import copy

import torch
from torch import Tensor, nn

from .graphs import Graph
from .model import DenseBlock


class RearrangedBlock(nn.Module):
    """`DenseBlock`, rearranged; equal up to rounding."""

    identity: Tensor

    def __init__(self, block: DenseBlock) -> None:
        super().__init__()
        layers: list[nn.Conv2d] = list(block.convolutions)  # type: ignore[arg-type]
        *hidden, last = layers
        inputs, growth = layers[0].in_channels, layers[0].out_channels
        self.register_buffer("identity", torch.eye(inputs)[:, :, None, None])
        self.activation = block.activation
        self.hidden = nn.ModuleList(hidden)
        self.last_of_all = _part(last, slice(0, -growth), last.bias)
        self.last_of_one = _part(last, slice(-growth, None), None)

    def forward(self, features: Tensor) -> Tensor:
        """The block's output, B x outputs x h x w."""
        together = nn.functional.conv2d(features, self.identity)
        seen = [together]
        for convolution in self.hidden:
            together = torch.cat(seen, dim=1) if len(seen) > 1 else together
            seen.append(self.activation(convolution(together)))
        output: Tensor = self.last_of_all(together) + self.last_of_one(seen[-1])
        return output


def rearranged(graph: Graph) -> Graph:
    """A copy of a graph with rearranged dense blocks."""
    copied = copy.deepcopy(graph)
    for block in copied.couplings:
        for name in ("omega", "phi", "rho", "eta"):
            setattr(block, name, RearrangedBlock(getattr(block, name)))
    return copied


def _part(layer: nn.Conv2d, channels: slice, bias: Tensor | None) -> nn.Conv2d:
    """The share of some input channels in a convolution."""
    weight = layer.weight[:, channels].detach().clone()
    part = nn.Conv2d(weight.shape[1], layer.out_channels, 3, padding=1, bias=bias is not None)
    part.weight = nn.Parameter(weight)
    if bias is not None:
        part.bias = nn.Parameter(bias.detach().clone())
    return part
