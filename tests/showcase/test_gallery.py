"""`proface obfuscators`: the list, and the sheet."""

import json

import numpy as np
import pytest
from PIL import Image

from proface import ObfuscatorError, obfuscators
from proface.obfuscators import Material, Obfuscator
from proface.showcase import gallery
from tests.commandline import check_done, check_refused, contents, pixels, run, write_face


@pytest.fixture
def needy():
    """An obfuscator that draws on something that is not there."""

    def load():
        raise ObfuscatorError("not here")

    def obfuscate(target, strength, scale):
        raise ObfuscatorError("not here")

    name = "needy"
    donor = Material(lambda path: obfuscate, "a face")
    needy = Obfuscator(
        name, "Needs a file", "none", obfuscate, sources={"donor": donor}, needs=load
    )
    obfuscators.register(needy)
    yield name
    del obfuscators.base._registry[name]


def test_the_list_names_all_with_what_they_guarantee(needy):
    said = check_done(run("obfuscators"))
    listed = json.loads(check_done(run("obfuscators", "--json")))["obfuscators"]
    assert [each["name"] for each in listed] == obfuscators.names()
    for each in listed:
        for fact in (each["name"], each["summary"], each["guarantee"]):
            assert fact in said
    by_name = {each["name"]: each for each in listed}
    assert by_name["gaussian"]["strength"] == {
        "name": "sigma", "default": 20, "minimum": 2, "maximum": 40
    }  # fmt: skip
    assert by_name["sticker"]["strength"] is None
    assert by_name["sticker"]["missing"] is None
    assert "stickers" in by_name["sticker"]["sources"]
    assert by_name[needy]["missing"] in said
    assert by_name[needy]["sources"] == {"donor": "a face"}


def test_the_sheet_shows_every_obfuscator(needy, tmp_path):
    face = write_face(tmp_path / "face.png")
    out = tmp_path / "sheet.png"
    said = json.loads(check_done(run("obfuscators", "--sheet", out, "--picture", face, "--json")))
    assert said["sheet"] == str(out)
    with Image.open(out) as sheet:
        assert sheet.width > 1000
    before = contents(tmp_path)
    check_refused(run("obfuscators", "--sheet", out), "exists already")
    check_refused(run("obfuscators", "--sheet", face, "--picture", face, "--overwrite"), "input")
    assert contents(tmp_path) == before
    check_done(run("obfuscators", "--sheet", out, "--overwrite"))
    assert contents(tmp_path) != before  # now with the sample


def test_a_sheet_that_cannot_be_drawn_leaves_nothing(tmp_path):
    Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(tmp_path / "empty.png")
    before = contents(tmp_path)
    out = tmp_path / "sheet.png"
    check_refused(
        run("obfuscators", "--sheet", out, "--picture", tmp_path / "empty.png"),
        "no face",
        code=4,
    )
    check_refused(
        run("obfuscators", "--sheet", out, "--picture", tmp_path / "none.png"), "none.png"
    )
    check_refused(run("obfuscators", "--sheet", tmp_path / "sheet.jpg"), "lossless")
    check_refused(run("obfuscators", "--picture", "a.png"), "--sheet", code=2)
    assert contents(tmp_path) == before


def test_cells_differ_from_the_original(tmp_path):
    face = write_face(tmp_path / "face.png")
    sheet = np.asarray(gallery.draw_sheet(pixels(face), "face.png"))
    assert sheet.shape[2] == 3
    assert (sheet != 255).any(axis=2).mean() > 0.3
