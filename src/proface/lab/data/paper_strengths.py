"""How strongly the paper obfuscates in training and in tests (V-A2).

Strengths are in pixels of a face of 112 pixels: the deviation of Gaussian blur, the side of a
pixelated block, the kernel of median blur. The paper's masking and face swapping have none to
choose.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PaperStrength:
    """The paper's strengths of one obfuscator."""

    test: float
    training: tuple[float, float]
    """Least and greatest, drawn from uniformly."""


PAPER_STRENGTHS = {
    "gaussian": PaperStrength(test=8, training=(6, 10)),
    "pixelate": PaperStrength(test=9, training=(5, 13)),
    "median": PaperStrength(test=15, training=(8, 22)),
}
"""By name of the obfuscator."""


def test_strength(name: str) -> float | None:
    """The strength of the paper's tests; None for an obfuscator that has none to choose."""
    known = PAPER_STRENGTHS.get(name)
    return known.test if known else None


def sample_strength(name: str, generator: np.random.Generator) -> float | None:
    """A strength from the paper's training range; None where there is none to choose."""
    known = PAPER_STRENGTHS.get(name)
    return float(generator.uniform(*known.training)) if known else None
