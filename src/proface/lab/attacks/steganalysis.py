"""What tells a picture with something hidden in it from one without: steganalysis, small.

Two judges. `spam` counts how neighbouring differences follow one another, as classical steganalysis
does (Pevny, Bas, Fridrich: Steganalysis by Subtractive Pixel Adjacency Matrix, 2010, second order),
for a linear discriminant. `Detector` is a small network behind fixed high-pass filters (after Xu,
Wu, Shi 2016, and Ye, Ni, Yi 2017).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...arrays import Picture

Features = NDArray[np.float64]
"""N x features."""
_TRUNCATION = 3
_SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0)), ((1, 1), (-1, -1), (1, -1), (-1, 1))
_RIDGE = 1e-2


def spam(pictures: Picture) -> Features:
    """Second-order SPAM features: N x 686, each half sums to 1.

    Pictures are uint8, N x H x W x 3, at least 4 x 4; the three channels count alike.
    """
    return np.stack([_spam(picture.astype(np.int16)) for picture in pictures])


def _spam(picture: NDArray[np.int16]) -> NDArray[np.float64]:
    halves = (np.sum([_chains(picture, *shift) for shift in group], axis=0) for group in _SHIFTS)
    return np.concatenate([half / half.sum() for half in halves])


def _chains(picture: NDArray[np.int16], down: int, right: int) -> NDArray[np.float64]:
    """How often each three successive differences occur along a direction."""
    here = picture[_part(-down), _part(-right)]
    there = picture[_part(down), _part(right)]
    values = np.clip(here - there, -_TRUNCATION, _TRUNCATION) + _TRUNCATION
    levels = 2 * _TRUNCATION + 1
    first, last = (values[_part(n * down), _part(n * right)] for n in (-2, 2))
    middle = values[_middle(down), _middle(right)]
    codes = (first * levels + middle) * levels + last
    return np.bincount(codes.ravel(), minlength=levels**3).astype(np.float64)


def _part(shift: int) -> slice:
    """All but the first ``shift`` entries, or all but the last ``-shift``."""
    return slice(shift, None) if shift >= 0 else slice(None, shift)


def _middle(shift: int) -> slice:
    return slice(1, -1) if shift else slice(None)


@dataclass(frozen=True)
class Discriminant:
    """Fisher's linear discriminant on standardised features, its covariance regularised."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, obfuscated: Features, protected: Features) -> "Discriminant":
        """Learn from both kinds of pictures."""
        both = np.concatenate((obfuscated, protected))
        mean, deviation = both.mean(axis=0), both.std(axis=0) + 1e-9
        one, other = (obfuscated - mean) / deviation, (protected - mean) / deviation
        within = (np.cov(one, rowvar=False) + np.cov(other, rowvar=False)) / 2
        within += _RIDGE * np.eye(len(within))
        return cls(mean, deviation, np.linalg.solve(within, other.mean(axis=0) - one.mean(axis=0)))

    def scores(self, features: Features) -> NDArray[np.float64]:
        """One for each picture; higher is likelier to hide something."""
        return np.asarray((features - self.mean) / self.deviation @ self.weights)


def area_under_curve(obfuscated: NDArray[np.float64], protected: NDArray[np.float64]) -> float:
    """Chance that a picture with something hidden scores higher than one without; 0.5 is guessing.

    The area under the ROC curve, by its equality with the Mann-Whitney statistic; ties count half.
    """
    ordered = np.sort(obfuscated)
    below = np.searchsorted(ordered, protected, side="left")
    not_above = np.searchsorted(ordered, protected, side="right")
    return float((below + not_above).mean() / 2 / len(ordered))


class Detector(nn.Module):
    """A score for each picture: fixed high-pass filters, truncation, four convolutions, a mean."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        filters = _high_pass()
        self.register_buffer("filters", filters[:, None].repeat(3, 1, 1, 1))
        channels = 3 * len(filters)
        self.body = nn.Sequential(
            *_layer(channels, width, 1),
            *_layer(width, width, 2),
            *_layer(width, 2 * width, 2),
            *_layer(2 * width, 2 * width, 2),
        )
        self.judge = nn.Linear(2 * width, 1)

    def forward(self, levels: Tensor) -> Tensor:
        """B x 3 x H x W in grey levels (0 to 255) to B scores."""
        rest = nn.functional.conv2d(levels, self.get_buffer("filters"), padding=2, groups=3)
        scores: Tensor = self.judge(self.body(rest.clamp(-3, 3)).mean(dim=(2, 3)))
        return scores[:, 0]


def _layer(before: int, after: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(before, after, 3, padding=1, stride=stride)
    return convolution, nn.GroupNorm(4, after), nn.ReLU()


_SQUARE = [
    [-1.0, 2, -2, 2, -1],
    [2, -6, 8, -6, 2],
    [-2, 8, -12, 8, -2],
    [2, -6, 8, -6, 2],
    [-1, 2, -2, 2, -1],
]


def _high_pass() -> Tensor:
    """Four of the SRM's filters (Fridrich, Kodovsky 2012): two first differences, 3 x 3, 5 x 5."""
    filters = torch.zeros(4, 5, 5)
    filters[0, 2, 2:4] = torch.tensor([-1.0, 1.0])
    filters[1, 2:4, 2] = torch.tensor([-1.0, 1.0])
    filters[2, 1:4, 1:4] = torch.tensor([[-1.0, 2, -1], [2, -4, 2], [-1, 2, -1]]) / 4
    filters[3] = torch.tensor(_SQUARE) / 12
    return filters


def train_detector(
    obfuscated: Picture, protected: Picture, steps: int, seed: int, batch: int = 8, side: int = 64
) -> Detector:
    """Train a network to tell the same faces, obfuscated and protected, apart.

    Both are uint8, N x H x W x 3, in the same order. A step takes ``batch`` faces in both kinds,
    cropped to ``side`` x ``side`` pixels; ``seed`` is of everything random.
    """
    torch.manual_seed(seed)
    detector = Detector()
    optimizer = torch.optim.Adam(detector.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    truth = torch.cat((torch.zeros(batch), torch.ones(batch)))
    for step in range(steps):
        generator = np.random.default_rng([seed, step])
        chosen = generator.integers(len(obfuscated), size=batch)
        top, left = generator.integers(0, obfuscated.shape[1] - side + 1, size=2)
        window = np.s_[chosen, top : top + side, left : left + side]
        levels = _to_levels(np.concatenate((obfuscated[window], protected[window])))
        loss = nn.functional.binary_cross_entropy_with_logits(detector(levels), truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return detector.eval()


@torch.inference_mode()
def detector_scores(detector: Detector, pictures: Picture) -> NDArray[np.float64]:
    """One for each picture, uint8 N x H x W x 3; higher is likelier to hide something."""
    starts = range(0, len(pictures), 50)
    parts = [detector(_to_levels(pictures[start : start + 50])) for start in starts]
    return np.asarray(torch.cat(parts).double().numpy())


def _to_levels(pictures: Picture) -> Tensor:
    return torch.tensor(pictures).permute(0, 3, 1, 2).float()
