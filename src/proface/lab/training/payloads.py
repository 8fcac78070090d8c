"""What is hidden of a face in training: the face, or noise in its place."""

import numpy as np
import torch
from torch import Tensor

from ...profile.trained.hardened import PAYLOAD_SCALE
from ...profile.trained.pilots import CHANNELS
from ...profile.trained.residual import Layout
from ..network.sensitivity import LEVELS
from .recipe import Recipe

_WEAKEST = 0.02
"""Deviation of a payload: of a crop that hides nothing, it still has to come back."""

_SPREAD = 0.2
"""Of the logarithm of a payload's deviation about that of the residual."""


def payload_of(
    recipe: Recipe, original: Tensor, obfuscated: Tensor, generator: torch.Generator
) -> Tensor:
    """The objective's first argument: the original, or the hardened flow's payload.

    Pictures are B x 3 x H x W in [-1, 1], on the CPU; ``generator`` draws noise.
    """
    if recipe.flow == "paper":
        return original
    if not recipe.shuffle:
        return residual_payload(original, obfuscated)
    return random_payload(original, obfuscated, generator)


def random_payload(original: Tensor, obfuscated: Tensor, generator: torch.Generator) -> Tensor:
    """What shuffled residuals look like: white noise of nearly their strength, B x 9 x H/2 x W/2.

    Pictures are B x 3 x H x W in [-1, 1], on the CPU.
    """
    deviation = deviations(residual_payload(original, obfuscated))
    spread = torch.randn(len(deviation), generator=generator)
    noise = torch.randn((len(deviation), *payload_shape(original)), generator=generator)
    return noise_payload(deviation, spread, noise)


def deviations(payload: Tensor) -> Tensor:
    """How strong payloads are, B; of a crop that hides nothing, a little nevertheless."""
    return payload.flatten(1).square().mean(dim=1).sqrt().clamp(min=_WEAKEST)


def payload_shape(picture: Tensor) -> tuple[int, int, int]:
    """Of the payload that pictures, B x 3 x H x W, carry."""
    return CHANNELS, picture.shape[-2] // 2, picture.shape[-1] // 2


def noise_payload(deviation: Tensor, spread: Tensor, noise: Tensor) -> Tensor:
    """White noise, nearly as strong as payloads of some deviations, B, that it stands for.

    ``spread`` are B normal values, so that strengths vary; ``noise`` B x 9 x H/2 x W/2 of them.
    """
    return noise * (deviation * torch.exp(_SPREAD * spread)).reshape(-1, 1, 1, 1)


def residual_payload(original: Tensor, obfuscated: Tensor) -> Tensor:
    """Residuals that are not shuffled, B x 9 x H/2 x W/2, the largest kinds of coefficients first.

    Pictures are B x 3 x H x W in [-1, 1], on the CPU.
    """
    count, _, height, width = original.shape
    layout = Layout(height, width, CHANNELS * (height // 2) * (width // 2))
    residuals = ((original - obfuscated) * LEVELS).permute(0, 2, 3, 1).numpy()
    packed = np.stack([layout.pack(residual) for residual in residuals]) * PAYLOAD_SCALE
    return torch.from_numpy(packed).reshape(count, CHANNELS, height // 2, width // 2)
