"""The profile `sealed` by command, through saved files."""

import json
from pathlib import Path

import numpy as np
import pytest

import proface
from proface import Box
from proface.showcase import demo
from tests.commandline import check_done, check_refused, contents, pixels, run, write_face

PASSWORD = "tulip"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


def test_commands_forth_and_back(original, tmp_path):
    hidden, back, wrong = (tmp_path / f"{name}.png" for name in ("hidden", "back", "wrong"))
    said = check_done(run("protect", original, "-o", hidden, "--profile", "sealed", password="a"))
    assert "sealed" in said
    found = json.loads(check_done(run("inspect", hidden, "--json")))
    assert (found["profile"], found["carrier"]) == ("sealed", "pixels")
    assert found["recoverable"] is True
    told = run("recover", hidden, "-o", back, password="a")
    check_done(told)
    assert "note: face 0 came back at" in told.stderr
    refused = run("recover", hidden, "-o", wrong, password="b")
    check_refused(refused, "wrong password", code=3)
    assert not wrong.exists()
    shown = run("recover", hidden, "-o", wrong, "--wrong-recovery", "obfuscated", password="b")
    assert shown.exit_code == 3
    np.testing.assert_array_equal(pixels(wrong), pixels(hidden))


def test_a_jpeg_by_command(original, tmp_path):
    hidden, back = tmp_path / "hidden.jpg", tmp_path / "back.png"
    options = ("--profile", "sealed", "--carrier", "file", "--json")
    done = run("protect", original, "-o", hidden, *options, password=PASSWORD)
    [box] = json.loads(check_done(done))["faces"]
    assert "as JPEG changed them" in done.stderr
    check_done(run("recover", hidden, "-o", back, password=PASSWORD))
    window = Box(**box).window
    np.testing.assert_array_equal(pixels(back)[window], pixels(original)[window])


def test_the_papers_profiles_take_no_wrong_recovery(original, tmp_path):
    protected, options = tmp_path / "protected.png", ("--profile", "paper-randwr")
    check_done(run("protect", original, "-o", protected, *options, password=PASSWORD))
    options = ("--wrong-recovery", "error")
    result = run("recover", protected, "-o", tmp_path / "back.png", *options, password=PASSWORD)
    check_refused(result, "'paper-randwr'", "no other choice", code=2)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--carrier", "file"), 2),
        (("--bits", "2"), 2),
        (("--profile", "sealed", "--bits", "3"), 2),
        (("--profile", "sealed", "--carrier", "cloud"), 2),
    ],
)
def test_usage(original, tmp_path, options, code):
    result = run("protect", original, "-o", tmp_path / "out.png", *options, password=PASSWORD)
    assert result.exit_code == code
    assert contents(tmp_path) == {}


def test_sealed_is_listed():
    assert "sealed" in proface.profiles()
    listed = json.loads(check_done(run("profiles", "--json")))["profiles"]
    [facts] = [each for each in listed if each["name"] == "sealed"]
    assert (facts["wrong_recovery"], facts["secret"], facts["licence"]) == ("error", True, "MIT")


def test_the_demonstration(original, tmp_path):
    done = demo.run(tmp_path / "demo", original, profile="sealed")
    assert done.figures.protected > 50
    assert done.figures.recovered > 40
    assert done.figures.wrong_obfuscated == done.figures.protected
    assert done.figures.identical_outside
