"""Options of the profile `sealed` that do not go together."""

from pathlib import Path

import numpy as np
import pytest

import proface
from proface import Box, Derivation, Key, OptionError, OutputError, PasswordError
from tests.commandline import contents, pixels, write_face

KEY = Key.from_bytes(bytes(32))
BOXES = (Box(20, 30, 64, 64),)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


def protect(picture, **options) -> proface.Protected:
    return proface.protect(picture, KEY, profile="sealed", faces=BOXES, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"carrier": "file", "profile": "paper-randwr"}, "carrier"),
        ({"bits": 1, "profile": "paper-randwr"}, "bits"),
        ({"carrier": "cloud"}, "cloud"),
        ({"bits": 3}, "3 bits"),
        ({"bits": 1, "carrier": "file"}, "pixels"),
    ],
)
def test_options_that_do_not_go_together(original, options, words):
    with pytest.raises(OptionError, match=words):
        proface.protect(original, KEY, **{"profile": "sealed", "faces": BOXES} | options)


def test_more_options_that_are_refused(original, tmp_path):
    key = Key.derive("tulip", derivation=Derivation("paper"))
    with pytest.raises(PasswordError, match="paper"):
        proface.protect(original, key, profile="sealed", faces=BOXES)
    hidden = protect(original)
    with pytest.raises(OptionError, match="'silence'"):
        proface.recover(hidden.pixels, KEY, manifest=hidden.manifest, wrong_recovery="silence")
    with pytest.raises(OutputError, match="lose information"):
        protect(original).save(tmp_path / "out.jpg")
    with pytest.raises(OutputError, match="carrier 'file'"):
        protect(original, carrier="file").save(tmp_path / "out.tif")
    clear = np.dstack([pixels(original), np.full((240, 240), 9, np.uint8)])
    with pytest.raises(OutputError, match="transparency"):
        protect(clear, carrier="file").save(tmp_path / "out.jpg")
    assert contents(tmp_path) == {}
