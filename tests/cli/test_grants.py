"""Grants of single faces from outside."""

import json
from pathlib import Path

import numpy as np
import pyrage
import pytest

from tests.cli.people import PASSWORD, SEALED, recovered, window
from tests.commandline import (
    TWO_BOXES,
    Owner,
    check_done,
    check_refused,
    contents,
    pixels,
    run,
    write_boxes,
)


@pytest.fixture(scope="module")
def granted(folder: Path, for_both: Path, anna: Owner, carl: Owner) -> Path:
    """Face 1 for Carl, by Anna."""
    out = folder / "face-1.age"
    arguments = ("--face", "1", "-r", carl.recipient, "-i", anna.file, "-o", out)
    said = check_done(run("grant", for_both, *arguments))
    assert "opens face 1" in said
    assert "no other face" in said
    return out


def test_a_grant_opens_one_face_and_leaves_the_other(
    for_both: Path, original: np.ndarray, granted: Path, carl: Owner, tmp_path: Path
) -> None:
    result = run(
        "recover", for_both, "-o", tmp_path / "out.png", "--grant", granted, "-i", carl.file
    )
    check_done(result)
    assert "not granted, and stay as they are: 0" in result.stderr
    back, hidden = pixels(tmp_path / "out.png"), pixels(for_both)
    closed, opened = map(window, TWO_BOXES)
    np.testing.assert_array_equal(back[opened], original[opened])
    np.testing.assert_array_equal(back[closed], hidden[closed])
    assert np.abs(back[closed].astype(int) - original[closed]).max() > 30


def test_a_grant_of_several_faces_by_password_json(face: Path, carl: Owner, tmp_path: Path) -> None:
    out, grant = tmp_path / "out.png", tmp_path / "grant.age"
    boxes = write_boxes(tmp_path / "boxes.json")
    check_done(run("protect", face, "-o", out, *SEALED, "--boxes", boxes, password=PASSWORD))
    arguments = ("--face", "1", "--face", "0", "--face", "1", "-r", carl.recipient, "--json")
    said = check_done(run("grant", out, *arguments, "-o", grant, password=PASSWORD))
    assert json.loads(said) == {"file": str(grant), "faces": [0, 1], "recipients": 1}
    whole = recovered(out, tmp_path / "whole.png", password=PASSWORD)
    back = recovered(out, tmp_path / "back.png", "--grant", grant, "-i", carl.file)
    np.testing.assert_array_equal(back, whole)


def test_a_grant_of_a_region_that_faces_share_says_so(
    face: Path, carl: Owner, tmp_path: Path
) -> None:
    out, boxes = tmp_path / "out.png", tmp_path / "boxes.json"
    second = TWO_BOXES[0] | {"x": 60, "y": 60}
    boxes.write_text(json.dumps([TWO_BOXES[0], second]))
    arguments = ("--profile", "obfswr", "--boxes", boxes)
    check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    assert "holds 2 faces" in check_done(run("inspect", out))
    arguments = ("--face", "0", "-r", carl.recipient, "-o", tmp_path / "grant.age")
    result = run("grant", out, *arguments, password=PASSWORD)
    check_done(result)
    assert "region 0 holds 2 faces, which the grant opens together" in result.stderr


def test_grants_that_open_nothing(
    for_both: Path, face: Path, granted: Path, anna: Owner, carl: Owner, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    check_done(run("protect", face, "-o", other, *SEALED, "-r", carl.recipient))
    damaged = tmp_path / "damaged.age"
    damaged.write_bytes(granted.read_bytes()[:-4] + b"face")
    no_grant = tmp_path / "no-grant.age"
    no_grant.write_bytes(pyrage.encrypt(b"[]", [pyrage.x25519.Recipient.from_str(carl.recipient)]))
    before = contents(tmp_path)
    for photo, grant, who, word in (
        (other, granted, carl, "another picture"),
        (for_both, granted, anna, "another identity"),
        (for_both, damaged, carl, "damaged"),
        (for_both, no_grant, carl, "no grant"),
        (for_both, for_both, carl, "no grant"),
        (for_both, tmp_path / "none.age", carl, "none.age"),
    ):
        arguments = ("--grant", grant, "-i", who.file)
        check_refused(run("recover", photo, "-o", tmp_path / "out.png", *arguments), word)
        check_refused(run("verify", photo, *arguments), word)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "word", "code"),
    [
        (("--face", "2"), "faces 0 to 1", 1),
        (("--face", "-1"), "", 2),
        (("--face", "one"), "", 2),
        ((), "", 2),
    ],
)
def test_faces_that_are_not_there(
    for_both: Path, anna: Owner, tmp_path: Path, arguments: tuple[str, ...], word: str, code: int
) -> None:
    more = ("-r", anna.recipient, "-i", anna.file, "-o", tmp_path / "grant.age")
    result = run("grant", for_both, *arguments, *more)
    assert result.exit_code == code
    assert word in result.stderr
    assert contents(tmp_path) == {}


def test_a_grant_replaces_nothing(for_both: Path, anna: Owner, tmp_path: Path) -> None:
    out = tmp_path / "grant.age"
    out.write_text("mine")
    arguments = ("grant", for_both, "--face", "0", "-r", anna.recipient, "-i", anna.file, "-o")
    check_refused(run(*arguments, out), "exists")
    for given in (for_both, anna.file):
        before = given.read_bytes()
        check_refused(run(*arguments, given, "--overwrite"), "input")
        assert given.read_bytes() == before
    assert contents(tmp_path) == {"grant.age": b"mine"}
    check_done(run(*arguments, out, "--overwrite"))
    assert out.read_bytes().startswith(b"age-encryption.org/v1")


def test_a_stranger_grants_nothing(for_both: Path, carl: Owner, face: Path, tmp_path: Path) -> None:
    more = ("--face", "0", "-r", carl.recipient, "-o", tmp_path / "grant.age")
    check_refused(run("grant", for_both, *more, "-i", carl.file), "no recipient", code=3)
    paper = tmp_path / "paper.png"
    arguments = ("-o", paper, "--profile", "paper-randwr")
    check_done(run("protect", face, *arguments, password=PASSWORD))
    check_refused(run("grant", paper, *more, password=PASSWORD), "paper")
