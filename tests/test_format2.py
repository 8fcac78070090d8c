"""Files that were written once in format 2 recover to what they recovered to then.

`python tests/data/format2/make.py` made them.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import proface
from proface import Box, Grant, Identity
from proface.profile.quality import psnr
from tests.commandline import pixels

FILES = Path(__file__).parent / "data" / "format2"
KNOWN = json.loads((FILES / "recovered.json").read_text())
PASSWORD = "correct horse battery staple"
IDENTITY = Identity.parse((FILES / "identity.txt").read_text())
BOX = Box(16, 16, 64, 64)
SEALED = [name for name in KNOWN if name.startswith("sealed")]
TRAINED = [name for name in KNOWN if not name.startswith("sealed")]
PAPER = [name for name in KNOWN if name.startswith("paper")]
VOUCHED = [name for name in KNOWN if name not in PAPER]


def outside(picture):
    kept = picture.copy()
    kept[BOX.window] = 0
    return kept


@pytest.mark.parametrize("name", SEALED)
def test_sealed_faces_are_the_same_bit_for_bit(name):
    grant = Grant.open(FILES / f"{name}.face-0.age", IDENTITY)
    for secret in (PASSWORD, IDENTITY, grant):
        found = proface.recover(FILES / name, secret)
        assert found.key_matched is True
        assert hashlib.sha256(found.pixels.tobytes()).hexdigest() == KNOWN[name]


@pytest.mark.parametrize("name", TRAINED)
def test_trained_profiles_recover_the_same_but_for_the_processors_rounding(name, monkeypatch):
    monkeypatch.setenv("PROFACE_PROVIDER", "cpu")
    path = FILES / name
    found = proface.recover(path, PASSWORD)
    expected = pixels(FILES / f"{path.stem}-recovered.png")
    assert hashlib.sha256(expected.tobytes()).hexdigest() == KNOWN[name]
    np.testing.assert_array_equal(outside(found.pixels), outside(expected))
    # Another processor's sums end in another last bit, which rarely turns a level.
    assert psnr(found.pixels, expected) > 60
    assert found.key_matched is (None if name in PAPER else True)


@pytest.mark.parametrize("name", VOUCHED)
def test_they_are_authentic_and_signed(name):
    grant = Grant.open(FILES / f"{name}.face-0.age", IDENTITY)
    for secret in (PASSWORD, IDENTITY, grant):
        found = proface.verify(FILES / name, secret)
        assert found.is_authentic
        assert found.signature == "unknown signer"


@pytest.mark.parametrize("name", VOUCHED)
def test_they_are_signed_by_whom_they_say(name):
    assert proface.verify(FILES / name, signer=FILES / "signer.pem").signature == "valid"


def test_there_is_a_file_of_every_profile_that_is_shipped():
    assert {Path(name).stem for name in KNOWN} >= set(proface.profiles())
