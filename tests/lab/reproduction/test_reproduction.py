"""The page of tables, made of a few faces by a profile that needs no network."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from tests.commandline import run
from tests.shared import shared


@pytest.fixture
def quality(tmp_path, monkeypatch):
    """Runs Tables I to III of `sealed` into one folder, with the given options."""
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    faces = tmp_path / "faces"
    faces.mkdir()
    for turn in range(4):
        Image.fromarray(astronaut()[0:220, 110:330]).rotate(5 * turn).save(faces / f"{turn}.png")

    def reproduce(*options):
        out = tmp_path / "results"
        given = ["--data", f"lfw={faces}:0.8", "--part", "quality", "--profile", "sealed"]
        named = ["--obfuscator", "gaussian", "--obfuscator", "pixelate"]
        place = ["--out", out, "--work", tmp_path / "work"]
        return run("lab", "reproduce", *given, *named, *place, *options), out

    return reproduce


def test_the_page_has_the_paper_s_numbers_beside_ours(quality):
    result, out = quality()
    assert result.exit_code == 0, result.output
    page = (out / "reproduction.md").read_text()
    assert "paper RandWR, average of six | 44.92 / 0.990 / 0.0001" in page
    record = json.loads((out / "reproduction" / "quality-sealed-lfw.json").read_text())
    both = [record["results"]["obfuscators"][name] for name in ("gaussian", "pixelate")]
    mean = np.mean([row["protected"]["psnr"] for row in both])
    assert mean == pytest.approx(51.1, abs=0.3)
    assert f"`sealed`, **average** | {mean:.2f}" in page
    assert "quick run on 4 faces of each set, where the protocol has 1000.**" in page


def test_obfuscators_take_turns_where_that_is_asked_for(quality):
    result, out = quality("--in-turn", "--count", "3")
    assert result.exit_code == 0, result.output
    page = (out / "reproduction.md").read_text()
    assert "on 3 faces of each set, where the protocol has 1000; each hidden by one" in page


def test_what_was_measured_otherwise_is_not_replaced_unasked(quality):
    assert quality("--count", "2")[0].exit_code == 0
    result, out = quality("--count", "3")
    assert result.exit_code == 2
    assert "count 2, not 3: name another folder, or allow overwriting" in result.output
    kept = json.loads((out / "reproduction" / "quality-sealed-lfw.json").read_text())
    assert kept["results"]["faces"] == 2
    assert quality("--count", "3", "--overwrite")[0].exit_code == 0
