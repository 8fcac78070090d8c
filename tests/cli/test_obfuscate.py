"""`proface obfuscate --decoy`."""

import json

import pytest
from PIL import Image
from skimage.data import astronaut

from tests.commandline import check_done, check_refused, contents, run


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "in" / "photo.png"
    path.parent.mkdir()
    Image.fromarray(astronaut()[:200, 100:330]).save(path)
    return path


@pytest.mark.parametrize("pretended", ["password", "recipient"])
def test_a_decoy_is_written_and_says_that_the_faces_are_gone(photo, tmp_path, pretended):
    out = tmp_path / "out.png"
    arguments = ("--profile", "sealed", "--for", pretended)
    result = run("obfuscate", photo, "-o", out, "--decoy", *arguments)
    assert "1 face obfuscated for good" in check_done(result)
    assert "nobody will ever get them back" in result.stderr
    assert json.loads(check_done(run("inspect", out, "--json")))["profile"] == "sealed"


def test_json_and_a_manifest_apart(photo, tmp_path):
    out = tmp_path / "out.webp"
    arguments = ("--profile", "sealed", "--carrier", "file", "--manifest", "detached", "--json")
    said = json.loads(check_done(run("obfuscate", photo, "-o", out, "--decoy", *arguments)))
    assert said["decoy"] is True
    assert said["faces"] == 1
    assert sorted(contents(tmp_path)) >= ["out.webp", "out.webp.proface.json"]


def test_what_is_refused_writes_nothing(photo, tmp_path):
    out = tmp_path / "out.png"
    check_refused(run("obfuscate", photo, "-o", out), "--decoy", code=2)
    paper = run("obfuscate", photo, "-o", out, "--decoy", "--profile", "paper-obfswr")
    check_refused(paper, "keeps no picture secret", code=2)
    check_refused(run("obfuscate", tmp_path / "no.png", "-o", out, "--decoy"), "no.png")
    check_refused(run("obfuscate", photo, "-o", photo, "--decoy"), "photo.png")
    assert not out.exists()
