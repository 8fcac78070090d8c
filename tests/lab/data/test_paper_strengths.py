"""The strengths of the paper's filters (V-A2)."""

import numpy as np
import pytest

from proface import obfuscators
from proface.lab.data import paper_strengths
from proface.lab.data.paper_strengths import PAPER_STRENGTHS


def test_the_papers_filters_are_registered_with_its_test_settings():
    assert set(PAPER_STRENGTHS) <= set(obfuscators.names())
    tests = {name: paper_strengths.test_strength(name) for name in PAPER_STRENGTHS}
    assert tests == {"gaussian": 8, "pixelate": 9, "median": 15}


@pytest.mark.parametrize("name", PAPER_STRENGTHS)
def test_training_strengths_stay_in_the_papers_range(name):
    generator = np.random.default_rng(0)
    drawn = [paper_strengths.sample_strength(name, generator) for _ in range(200)]
    low, high = PAPER_STRENGTHS[name].training
    assert low <= min(drawn) < low + (high - low) / 4
    assert high - (high - low) / 4 < max(drawn) <= high


def test_a_sticker_has_no_strength():
    assert paper_strengths.test_strength("sticker") is None
    assert paper_strengths.sample_strength("sticker", np.random.default_rng(0)) is None
