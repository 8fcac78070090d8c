"""One training step's forward pass and loss (paper, IV-D and IV-E)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from . import losses
from .network import ProFaceS, round_to_8_bits
from .perceptual import Lpips
from .recipe import Recipe


@dataclass(frozen=True)
class Keys:
    """The right key maps of a batch, and different ones for its first pictures."""

    right: Tensor
    """B x 1 x H x W in {-1, 1}."""
    wrong: Tensor
    """At most B x 1 x H x W."""


class Objective(nn.Module):
    """Network and loss in one module, so that distributed training wraps them whole."""

    def __init__(self, network: ProFaceS, lpips: Lpips, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.lpips = lpips
        self.recipe = recipe

    def forward(self, original: Tensor, obfuscated: Tensor, keys: Keys) -> dict[str, Tensor]:
        """The losses of eq. 18 to 23 by name; ``total`` is the one to minimise.

        Recovery starts from the protected picture rounded to 8 bits, as from a saved file.
        Pictures are B x 3 x H x W in [-1, 1].
        """
        protected, _ = self.network(original, obfuscated, keys.right)
        published = round_to_8_bits(protected)
        count, wrongs = len(original), len(keys.wrong)
        # One pass serves the right and the wrong keys.
        both, _ = self.network.inverse(
            torch.cat((published, published[:wrongs])), torch.cat((keys.right, keys.wrong))
        )
        recovered, wrong = both[:count], both[count:]
        protection = losses.protection_loss(protected, obfuscated, self.lpips)
        recovery = losses.recovery_loss(recovered, original)
        if self.recipe.mode == "randwr":
            wrong_recovery = losses.randwr_loss(
                original[:wrongs], recovered[:wrongs], wrong, self.lpips
            )
        else:
            wrong_recovery = losses.obfswr_loss(
                original[:wrongs], obfuscated[:wrongs], recovered[:wrongs], wrong, self.lpips
            )
        total = losses.total_loss(protection, recovery, wrong_recovery, self.recipe.weights)
        return {
            "total": total,
            "protection": protection,
            "recovery": recovery,
            "wrong_recovery": wrong_recovery,
        }
