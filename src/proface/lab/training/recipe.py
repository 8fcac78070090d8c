"""What a training run is made of: every setting in one value, and the presets."""

import json
import math
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

from ...errors import ModelError
from ...profile.trained.hardened import CORRECTIONS
from ...profile.trained.model_card import FlowKind
from ...profile.trained.rounding import PATCH
from ..network.model import NetworkShape
from .losses import TRIPLETS, Mode, Triplet

FILTERS = ("gaussian", "pixelate", "median")
ALL_OBFUSCATORS = (*FILTERS, "sticker", "swap")
"""Mixed in training, as the paper does; its two swapping networks need files of the user's own, and
join by ``--obfuscator``."""


@dataclass(frozen=True)
class Recipe:
    """Settings of a training run; stored in its checkpoint and its model card."""

    mode: Mode
    """Wrong-recovery mode: ``randwr`` (noise) or ``obfswr`` (the obfuscated face)."""
    steps: int
    batch: int
    size: int
    """Side in pixels of the random crops trained on; even."""
    learning_rate: float
    warmup: int
    """Steps of linear warm-up."""
    cosine: bool
    """Whether the rate falls to zero along a half cosine; constant otherwise."""
    clip: float
    """Largest gradient norm; 0 for no clipping."""
    weights: tuple[float, float, float]
    """lambda 1 to 3 of eq. 23: protection, recovery, wrong recovery."""
    wrong_share: float = 1.0
    """Share of each batch that is also recovered with a wrong key."""
    crop: float = 0.9
    """Share of a training picture's side that the face takes."""
    face_sizes: tuple[int, int] = (112, 112)
    """Range of the sides of whole faces, in pixels, that the crops are taken from."""
    more_sizes: tuple[int, ...] = ()
    """Sides of further crops, one of which is taken in turn with ``size`` at every step."""
    flow: FlowKind = "paper"
    """``paper`` hides faces, ``hardened`` random noise of a shuffled residual's kind."""
    seed: int = 0
    obfuscators: tuple[str, ...] = ALL_OBFUSCATORS
    blocks: int = NetworkShape.blocks
    """N, the number of coupling blocks."""
    triplets: tuple[Triplet, ...] = TRIPLETS
    """Distances whose triplet losses are on; those of eq. 21 or 22 by default."""
    noise_for_lost: bool = False
    """Whether recovery starts from Gaussian noise, as IMN's does, and not from the secret map."""
    rounding: bool = True
    """Whether recovery starts from 8 bits, as from a file, and not from the network's output."""
    shaped: bool = False
    """Whether those 8 bits are rounded as the application does, see
    `proface.profile.trained.rounding`, and not each to the nearest level."""
    shuffle: bool = True
    """Whether the hardened flow's payload is noise; without it, the residual as it is."""
    bfloat16: bool = True
    """Whether convolutions are computed so where that is faster."""
    corrections: int = 0
    """Of the hardened flow, see `hardened.CORRECTIONS`."""
    pool: int = 0
    """Samples of each size made beforehand, see `sample_pool`; 0 for others at every step."""

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)

    @property
    def architecture(self) -> NetworkShape:
        """Of the network to train."""
        return NetworkShape(blocks=self.blocks)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sides of the crops, which steps take in turn."""
        return (self.size, *self.more_sizes)

    @property
    def least_size(self) -> int:
        """Side of the smallest crop that can be trained on: LPIPS needs 32 pixels."""
        return 32 if self.flow == "paper" else 8

    def rate(self, step: int) -> float:
        """Learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = 0.5 * (1 + math.cos(math.pi * step / self.steps)) if self.cosine else 1.0
        return self.learning_rate * warm * fall


_PAPER = Recipe(
    mode="randwr",
    steps=135_000,
    batch=12,
    size=112,
    learning_rate=1e-5,
    warmup=0,
    cosine=False,
    clip=0,
    weights=(1, 10, 1),
    shaped=True,
)
"""V-A of the paper; it leaves the lambdas open, and these are ours."""
_QUICKER = replace(_PAPER, size=64, cosine=True, clip=1)
PRESETS = {
    "paper": _PAPER,
    "fast": replace(
        _QUICKER, steps=3_000, batch=4, learning_rate=4e-4, warmup=100, wrong_share=0.5
    ),
    "hardened": replace(
        _QUICKER,
        steps=8_000,
        batch=3,
        learning_rate=1e-3,
        warmup=50,
        weights=(1, 1, 0),
        face_sizes=(64, 200),
        flow="hardened",
        corrections=CORRECTIONS,
    ),
}


def settings_of(stored: str) -> dict[str, Any]:
    """The settings of a recipe kept as JSON, with defaults for those that it does not know yet."""
    defaults = {each.name: each.default for each in fields(Recipe) if each.default is not MISSING}
    settings: dict[str, Any] = json.loads(json.dumps(defaults))
    settings.update(json.loads(stored))
    return settings


def preset(name: str, mode: Mode, **changes: Any) -> Recipe:  # noqa: ANN401 - any setting
    """A preset with some of its settings changed.

    Raises:
        ModelError: the preset or a setting is unknown, or a value makes no sense.
    """
    if name not in PRESETS:
        raise ModelError(f"unknown preset '{name}'; known are: {', '.join(PRESETS)}")
    recipe = replace(PRESETS[name], mode=mode, **changes)
    smallest, largest = recipe.face_sizes
    if not smallest <= largest or any(side > largest for side in recipe.sizes):
        raise ModelError(
            f"faces of {smallest} to {largest} pixels cannot be cropped to {recipe.sizes}"
        )
    if any(side % 2 or side < recipe.least_size for side in recipe.sizes):
        raise ModelError(
            f"crop sizes must be even, and at least {recipe.least_size}; they are {recipe.sizes}"
        )
    if recipe.pool and any(side % PATCH for side in recipe.sizes):
        raise ModelError(f"with a pool, crop sizes must be multiples of {PATCH}: {recipe.sizes}")
    if recipe.pool and not (recipe.rounding and recipe.shaped and recipe.shuffle):
        raise ModelError("with a pool, payloads are shuffled, and what is published is rounded")
    if recipe.steps < 1 or recipe.batch < 1 or recipe.blocks < 1:
        raise ModelError("steps, batch and blocks must be at least 1")
    if recipe.mode == "randwr" and not recipe.triplets:
        raise ModelError("without any triplet loss there is nothing that makes a wrong key fail")
    return recipe
