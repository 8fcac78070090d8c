"""The hardened flow's rebuilding of a face as a differentiable step, for attackers.

Both steps are linear: `shuffle.Shuffle.undo` is orthogonal, so that its adjoint is `apply`; and
`residual.Layout.unpack` is orthonormal but for weights, so that its adjoint is `pack` with the
weights inverted.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...engines import Floats
from ...hardened import PAYLOAD_SCALE
from ...residual import Layout, analyse, synthesise
from ..wavelet import iwt
from .raw import Secrets

_LEVELS = 127.5
"""Grey levels of 255 in a unit of pictures in [-1, 1]."""


def rebuild(payload: Tensor, carrier: Tensor, secrets: Secrets) -> Tensor:
    """Faces from payload and obfuscated pictures, as `hardened.Hardened.rebuild` makes them.

    The residual is taken for one that was not halved, as few are.

    Args:
        payload: N x 9 x H/2 x W/2, as the network gives it.
        carrier: N x 12 x H/2 x W/2, wavelets of the obfuscated pictures.
        secrets: N shuffles, right or guessed.

    Returns:
        N x 3 x H x W in about [-1, 1], not rounded.
    """
    residual: Tensor = _Unshuffle.apply(payload / float(PAYLOAD_SCALE), secrets)  # type: ignore[no-untyped-call]
    return iwt(carrier) + residual / _LEVELS


class _Unshuffle(torch.autograd.Function):
    """Residuals N x 3 x H x W in levels of 255, from payloads N x 9 x H/2 x W/2."""

    @staticmethod
    def forward(context: Any, payload: Tensor, secrets: Secrets) -> Tensor:  # noqa: ANN401 - torch's
        height, width = (2 * side for side in payload.shape[2:])
        context.secrets, context.shape = secrets, payload.shape
        residuals = []
        for index, values in enumerate(payload.detach().flatten(1).numpy()):
            known = secrets.pilots[index].shape[1]
            layout = Layout(height, width, values.size - known)
            residuals.append(layout.unpack(secrets.shuffles[index].undo(values)[known:]))
        return torch.from_numpy(np.stack(residuals)).permute(0, 3, 1, 2)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's
        secrets: Secrets = context.secrets
        results = []
        for index, gradient in enumerate(gradients[0].permute(0, 2, 3, 1).contiguous().numpy()):
            known, shuffle = secrets.pilots[index].shape[1], secrets.shuffles[index]
            height, width, _ = gradient.shape
            layout = Layout(height, width, len(shuffle.order) - known)
            values = layout.pack(gradient) / _weights(layout) ** 2
            results.append(shuffle.apply(np.concatenate([np.zeros(known, np.float32), values])))
        return torch.from_numpy(np.stack(results)).reshape(context.shape), None


def _weights(layout: Layout) -> Floats:
    """The weight of every value of a layout: what it makes of a residual of ones."""
    bands = analyse(np.zeros((layout.height, layout.width, 3), np.float32))
    return layout.pack(synthesise([np.ones_like(band) for band in bands]))
