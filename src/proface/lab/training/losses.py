"""The paper's losses, eq. 18 to 23, each under its number.

Pictures are B x 3 x H x W in [-1, 1]; ``lpips`` is any callable giving one distance a picture
(:class:`proface.lab.evaluation.lpips.Lpips`). Names follow the paper: ``wrong`` is a recovery with
another key.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...profile.base import WrongRecovery

Distance = Callable[[Tensor, Tensor], Tensor]
Mode = Literal["randwr", "obfswr"]
ANSWERS: dict[str, WrongRecovery] = {"randwr": "noise", "obfswr": "obfuscated"}
"""What a wrong key gives, by the paper's modes."""
Triplet = Literal["l1", "lpips"]

TRIPLETS: tuple[Triplet, ...] = ("l1", "lpips")
"""Distances that have triplet losses in eq. 21 and 22; Table IV leaves out one or the other."""

BETA = 5.0
"""Weight of LPIPS in the protection loss (the paper's, IV-E1)."""
MARGIN = 1.0
"""Margin of the triplet losses (eq. 20)."""
PATCH = 8
"""Side in pixels of the patches in which a wrong recovery must be unlike the original."""


def l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference of each pair of pictures; B."""
    return (a - b).abs().mean(dim=(1, 2, 3))


def local_l1(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference in every patch of 8 x 8 pixels; B x H/8 x W/8, rounded down."""
    return avg_pool2d((a - b).abs().mean(dim=1), PATCH)


def protection_loss(protected: Tensor, obfuscated: Tensor, lpips: Distance) -> Tensor:
    """L_P = beta LPIPS(protected, obfuscated) + |protected - obfuscated|_1 (eq. 18)."""
    perceptual = lpips(protected, obfuscated)
    return (BETA * perceptual + l1(protected, obfuscated)).mean()


def recovery_loss(recovered: Tensor, original: Tensor) -> Tensor:
    """L_R = |recovered - original|_1 (eq. 19)."""
    return l1(recovered, original).mean()


def triplet(distance: Distance, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """Tri_D(A, P, N) = max(D(A, P) - D(A, N) + 1, 0) (eq. 20)."""
    margin = distance(anchor, positive) - distance(anchor, negative) + MARGIN
    return torch.relu(margin).mean()


def randwr_loss(
    original: Tensor,
    recovered: Tensor,
    wrong: Tensor,
    lpips: Distance,
    triplets: Sequence[Triplet] = TRIPLETS,
) -> Tensor:
    """L_RandWR: a wrong key gives a picture unlike the original (eq. 21).

    Where the paper compares whole pictures by L1, we compare patches: a picture that is far from
    the original on the whole may still show an eye or a mouth.
    """
    distances = {"lpips": lpips, "l1": local_l1}
    terms = [triplet(distances[name], original, recovered, wrong) for name in triplets]
    return torch.stack(terms).sum()


def obfswr_loss(
    original: Tensor,
    obfuscated: Tensor,
    recovered: Tensor,
    wrong: Tensor,
    lpips: Distance,
    triplets: Sequence[Triplet] = TRIPLETS,
) -> Tensor:
    """L_ObfsWR: a wrong key gives the obfuscated picture (eq. 22), whose triplets are of LPIPS."""
    alike = l1(wrong, obfuscated).mean()
    if "lpips" not in triplets:
        return alike
    unlike_original = triplet(lpips, wrong, obfuscated, original)
    return alike + unlike_original + triplet(lpips, recovered, original, obfuscated)


def total_loss(
    protection: Tensor,
    recovery: Tensor,
    wrong_recovery: Tensor,
    weights: tuple[float, float, float],
) -> Tensor:
    """L_total = lambda1 L_P + lambda2 L_R + lambda3 L_WR (eq. 23)."""
    lambda1, lambda2, lambda3 = weights
    return lambda1 * protection + lambda2 * recovery + lambda3 * wrong_recovery
