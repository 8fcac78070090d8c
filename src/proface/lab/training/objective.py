"""One training step's forward pass and loss (paper, IV-D and IV-E)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...profile.trained.hardened import PAYLOAD_SCALE
from ...profile.trained.pilots import CHANNELS
from ...profile.trained.residual import AMPLIFICATION
from ...profile.trained.rounding import NEAREST, Rounding
from ..evaluation.lpips import Lpips
from ..network.model import ProFaceS, round_to_8_bits
from ..network.sensitivity import LEVELS
from ..network.wavelet import dwt, iwt
from . import losses
from .recipe import Recipe
from .rounding_noise import RoundingNoise

_LEFT_OUT = (12 - CHANNELS) / 12
"""Share of a residual's coefficients that find no place in the payload."""
_LEAST_GAIN = 0.5
"""Of what is found of a payload; the shipped network has 0.88 and more."""


@dataclass(frozen=True)
class Keys:
    """The right key maps of a batch, and different ones for its first pictures."""

    right: Tensor
    """B x 1 x H x W in {-1, 1}."""
    wrong: Tensor
    """At most B x 1 x H x W."""
    lost: Tensor | None = None
    """What stands for the lost X[N+1] of recoveries, with all right keys and then all wrong ones;
    B x 12 x H/2 x W/2. None for the secret map."""


class StepObjective(nn.Module):
    """Network and loss in one module, so that a step is one call."""

    def __init__(self, network: ProFaceS, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe
        self.rounding = NEAREST
        """Of what is published."""
        self.noise: RoundingNoise | None = None
        """What stands for rounding, if rounding itself is too slow."""

    def round_by(self, rounding: Rounding) -> None:
        """Round what is published in another way."""
        self.rounding = rounding
        if self.noise is not None:
            self.noise.become(rounding)

    def published(self, protected: Tensor) -> Tensor:
        """What recovery starts from, as from a saved file."""
        if not self.recipe.rounding:
            return protected
        if self.noise is not None:
            published: Tensor = self.noise(protected)
            return published
        return round_to_8_bits(protected, self.rounding)


class Objective(StepObjective):
    """The paper's: hide faces, and give them back to the right key alone."""

    def __init__(self, network: ProFaceS, lpips: Lpips, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.lpips = lpips

    def forward(self, original: Tensor, obfuscated: Tensor, keys: Keys) -> dict[str, Tensor]:
        """The losses of eq. 18 to 23 by name; ``total`` is the one to minimise.

        Recovery starts from the protected picture rounded to 8 bits, as from a saved file.
        Pictures are B x 3 x H x W in [-1, 1].
        """
        protected, _ = self.network(original, obfuscated, keys.right)
        published = self.published(protected)
        count, wrongs = len(original), len(keys.wrong)
        # One pass serves the right and the wrong keys.
        both, _ = self.network.inverse(
            torch.cat((published, published[:wrongs])),
            torch.cat((keys.right, keys.wrong)),
            keys.lost,
        )
        recovered, wrong = both[:count], both[count:]
        protection = losses.protection_loss(protected, obfuscated, self.lpips)
        recovery = losses.recovery_loss(recovered, original)
        x, y, found = (each[:wrongs] for each in (original, obfuscated, recovered))
        given = (found, wrong, self.lpips, self.recipe.triplets)
        if self.recipe.mode == "randwr":
            wrong_recovery = losses.randwr_loss(x, *given)
        else:
            wrong_recovery = losses.obfswr_loss(x, y, *given)
        total = losses.total_loss(protection, recovery, wrong_recovery, self.recipe.weights)
        return {
            "total": total,
            "protection": protection,
            "recovery": recovery,
            "wrong_recovery": wrong_recovery,
        }


class HardenedObjective(StepObjective):
    """The same for the hardened flow, whose network carries noise and never sees a face.

    Its shuffled payload is white noise whatever the face, and the map from payload to face keeps
    squared distances but for known weights. So noise in place of faces trains the same network,
    and squared errors say what PSNR will be.
    """

    def forward(self, payload: Tensor, obfuscated: Tensor, keys: Keys) -> dict[str, Tensor]:
        """Squared errors of protection and recovery, and the logarithm of their weighted sum.

        Each picture has a logarithm of its own, so that those which differ much from what hides
        them count no more than others; PSNR is averaged likewise. The payload is noise, B x 9 x
        H/2 x W/2; obfuscated pictures are B x 3 x H x W in [-1, 1]; only the right keys are used.
        """
        secret = dwt(keys.right)
        bands = torch.cat((torch.zeros_like(payload[:, :3]), payload), dim=1)
        estimate = obfuscated
        for _ in range(self.recipe.corrections + 1):
            start = estimate
            _, y = self.network.couple(bands, dwt(start), secret)
            protected = iwt(y)
            published = self.published(protected)
            found, y = self.network.uncouple(dwt(published), secret)
            estimate = iwt(y)
        protection = _errors(published, obfuscated) * LEVELS**2
        # The application hides the residual to where it starts, so that only what has moved since
        # is an error, and of what moved before the share of coefficients that are not carried. A
        # network that is not charged for it moves far.
        carrier = _errors(estimate, start) * LEVELS**2
        carrier = carrier + _errors(start, obfuscated) * LEVELS**2 * _LEFT_OUT
        recovery = carrier + content_error(found[:, 3:], payload)
        lambda1, lambda2, _ = self.recipe.weights
        return {
            "total": torch.log(lambda1 * protection + lambda2 * recovery).mean(),
            "protection": protection.mean(),
            "recovery": recovery.mean(),
            "carrier": carrier.mean(),
        }


def _errors(one: Tensor, other: Tensor) -> Tensor:
    """The mean squared error of each picture."""
    return (one - other).square().flatten(1).mean(dim=1)


def content_error(found: Tensor, payload: Tensor) -> Tensor:
    """Squared levels of each face that payloads make, found in place of those hidden.

    By how much a payload shrank does not matter, for that can be told (`Layout.factors`). What
    counts is the share of noise in it; and the stronger a payload, the less its coefficients had
    been weighted, so that noise does the more. An untrained network finds nothing of a payload, and
    learns by a gain that is not taken for less than `_LEAST_GAIN`.
    """
    found, payload = found.flatten(1).float(), payload.flatten(1).float()
    power = payload.square().sum(dim=1, keepdim=True)
    gain = ((found * payload).sum(dim=1, keepdim=True) / power).clamp(min=_LEAST_GAIN)
    share = (found / gain - payload).square().mean(dim=1) / payload.square().mean(dim=1)
    strength = payload.square().mean(dim=1) / float(PAYLOAD_SCALE) ** 2
    return AMPLIFICATION * strength.square() * share
