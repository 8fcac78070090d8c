"""The hardened flow's rebuilding of a face as a differentiable step, for attackers.

Both steps are linear: `shuffle.Shuffle.undo` is orthogonal, so that its adjoint is `apply`; and
`residual.Layout.unpack` multiplies by factors, which change in steps only, before a transform whose
adjoint is its inverse.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...profile.trained.hardened import PAYLOAD_SCALE, layout_of
from ...profile.trained.pilots import Told
from ..network.sensitivity import LEVELS
from ..network.wavelet import iwt
from .raw import Secrets


def rebuild(payload: Tensor, carrier: Tensor, secrets: Secrets) -> Tensor:
    """Faces from payload and obfuscated pictures, as `hardened.Hardened.rebuild` makes them.

    The residual is taken to come as it went: the pilots of a wrong guess would say that there is
    nothing but noise, and end every search.

    Args:
        payload: N x 9 x H/2 x W/2, as the network gives it.
        carrier: N x 12 x H/2 x W/2, wavelets of the obfuscated pictures.
        secrets: N shuffles, right or guessed.

    Returns:
        N x 3 x H x W in about [-1, 1], not rounded.
    """
    residual: Tensor = _Unshuffle.apply(payload / float(PAYLOAD_SCALE), secrets)  # type: ignore[no-untyped-call]
    return iwt(carrier) + residual / LEVELS


class _Unshuffle(torch.autograd.Function):
    """Residuals N x 3 x H x W in levels of 255, from payloads N x 9 x H/2 x W/2."""

    @staticmethod
    def forward(context: Any, payload: Tensor, secrets: Secrets) -> Tensor:  # noqa: ANN401 - torch's
        height, width = (2 * side for side in payload.shape[2:])
        context.secrets, context.shape, context.factors = secrets, payload.shape, []
        residuals = []
        for index, values in enumerate(payload.detach().flatten(1).numpy()):
            layout = layout_of(height, width)
            unshuffled = secrets.shuffles[index].undo(values)
            packed = unshuffled[-layout.count :]
            factors = layout.factors(packed, scale=Told.of(unshuffled, secrets.pilots[index]).scale)
            some = packed[layout.telling : layout.telling + factors.size]
            residuals.append(layout.residual(some * factors))
            context.factors.append(factors)
        return torch.from_numpy(np.stack(residuals)).permute(0, 3, 1, 2)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's
        secrets: Secrets = context.secrets
        results = []
        for index, gradient in enumerate(gradients[0].permute(0, 2, 3, 1).contiguous().numpy()):
            shuffle = secrets.shuffles[index]
            height, width, _ = gradient.shape
            layout = layout_of(height, width)
            some = layout.coefficients(gradient) * context.factors[index]
            values = np.zeros(len(shuffle.order), np.float32)
            start = len(values) - layout.count + layout.telling
            values[start : start + some.size] = some
            results.append(shuffle.apply(values))
        return torch.from_numpy(np.stack(results)).reshape(context.shape), None
