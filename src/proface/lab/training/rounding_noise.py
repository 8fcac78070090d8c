"""Noise that stands for rounding in training, where the picture must not leave the GPU.

`proface.profile.trained.rounding` rounds the values of a patch one after another: each becomes the
whole level next to what it should be, less shares of the errors before it. So its own error is u -
F e, where u is what plain rounding did to it, F the feedback and e the errors of the others; and
together

    e = (I + F)^-1 u,    u even within half a level.

With u drawn at random, which is what rounding a network's output looks like, one product of
matrices gives errors as rounding would have made them.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ...profile.trained.rounding import PATCH, Rounding
from ..network.sensitivity import LEVELS


class RoundingNoise(nn.Module):
    """Adds what rounding would, at first to the nearest; `network.round_to_8_bits` for gradients.

    What it holds stays at its place in memory when the rounding changes, so that a captured graph
    sees the change.
    """

    mixing: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mixing", torch.eye(3 * PATCH**2))

    def become(self, rounding: Rounding) -> None:
        """Stand for another rounding, of patches of `PATCH` x `PATCH`."""
        feedback = np.tril(rounding.feedback, -1).astype(np.float64)
        mixing = np.empty_like(feedback)
        places = np.ix_(rounding.order, rounding.order)
        mixing[places] = np.linalg.inv(np.eye(len(feedback)) + feedback)
        self.mixing.copy_(torch.from_numpy(mixing))

    def forward(self, picture: Tensor) -> Tensor:
        """What a file might keep of B x 3 x H x W in [-1, 1]; H and W are multiples of 8."""
        count, _, height, width = picture.shape
        patches = count * (height // PATCH) * (width // PATCH)
        even = torch.rand(patches, len(self.mixing), device=picture.device) - 0.5
        errors = (even @ self.mixing.T / LEVELS).reshape(count, height // PATCH, width // PATCH, -1)
        clamped = picture.clamp(-1, 1)
        found = clamped + functional.pixel_shuffle(errors.permute(0, 3, 1, 2), PATCH)
        return clamped + (found.clamp(-1, 1) - clamped).detach()
