"""Search for a key map by gradient, for attackers.

A key map is relaxed to numbers between -1 and 1: the hyperbolic tangent of free variables, which
Adam moves.
"""

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 200
"""Of a search, at most; with `AttackSetting.steps`, the smaller of both."""
_EPSILON = 1e-16
"""Of Adam: what one entry of a map changes in a whole picture is not far above its usual 1e-8."""


def find_maps(
    like: Tensor,
    loss: Callable[[Tensor], Tensor],
    steps: int,
    rate: float,
    generator: torch.Generator,
) -> Tensor:
    """Key maps, N x 1 x H x W in (-1, 1), that make a differentiable loss of them small.

    ``like``, N x C x H x W, gives their size; ``generator`` draws where the search begins;
    ``steps`` and ``rate`` are Adam's.
    """
    start = torch.randn(len(like), 1, *like.shape[2:], generator=generator)
    free = (0.1 * start).requires_grad_()
    optimiser = torch.optim.Adam([free], lr=rate, eps=_EPSILON)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(torch.tanh(free)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return torch.tanh(free).detach()
