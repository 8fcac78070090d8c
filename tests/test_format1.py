"""Files that version 1 of the format wrote recover to the pixels that they recovered to then."""

from pathlib import Path

import numpy as np
import pytest

import proface
from proface.profile.quality import psnr
from tests.commandline import pixels

FILES = Path(__file__).parent / "data" / "format1"
PASSWORD = "correct horse battery staple"
BOX = proface.Box(16, 16, 64, 64)


def recovered(name):
    """What a file of version 1 recovers to, and what it recovered to when it was written."""
    path = FILES / name
    return proface.recover(path, PASSWORD).pixels, pixels(FILES / f"{path.stem}-recovered.png")


@pytest.mark.parametrize("name", ["sealed.png", "sealed-file.jpg"])
def test_sealed_faces_are_the_same_bit_for_bit(name):
    result, expected = recovered(name)
    assert np.array_equal(result, expected)


@pytest.mark.parametrize(
    "name", ["randwr.png", "obfswr.webp", "paper-randwr.png", "paper-obfswr.tif"]
)
def test_trained_profiles_recover_the_same_but_for_the_processors_rounding(name, monkeypatch):
    monkeypatch.setenv("PROFACE_PROVIDER", "cpu")
    result, expected = recovered(name)
    outside = np.ones(result.shape[:2], bool)
    outside[BOX.window] = False
    assert np.array_equal(result[outside], expected[outside])
    # Another processor's sums end in another last bit, which rarely turns a level.
    assert psnr(result, expected) > 60
