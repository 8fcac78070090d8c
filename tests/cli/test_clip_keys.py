"""Recipients, grants, other slots and evidence of a clip, from outside."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commandline import (
    TWO_BOXES,
    Owner,
    check_done,
    check_refused,
    contents,
    owner,
    pixels,
    run,
    run_process,
    signer,
    write_boxes,
    write_face,
)
from tests.video import clips

PASSWORD = "tulip"
FRAMES = 3


@pytest.fixture(scope="module")
def source(folder: Path) -> Path:
    face = pixels(write_face(folder / "face.png"))
    return clips.write(folder / "source.mkv", [face] * FRAMES, codec="ffv1")


@pytest.fixture(scope="module")
def protected(folder: Path, source: Path, anna: Owner, bert: Owner) -> Path:
    """Two faces in every frame for Anna and Bert, signed, without anyone to ask."""
    out = folder / "protected.mkv"
    signer(folder)
    arguments = ("--profile", "sealed", "--boxes", write_boxes(folder / "boxes.json"))
    arguments += ("-r", anna.recipient, "-r", bert.recipient, "--sign-key", folder / "signer.pem")
    done = run_process("protect", source, "-o", out, *arguments)
    assert done.returncode == 0, done.stderr
    assert "only an identity of the 2 recipients" in done.stdout
    return out


def frames(clip: Path) -> np.ndarray:
    """What a clip shows: F x H x W x 3."""
    return np.stack([frame for _, frame in clips.decode(clip)])


def recovered(clip: Path, out: Path, *arguments: str | Path) -> np.ndarray:
    """What comes back."""
    check_done(run("recover", clip, "-o", out, *arguments))
    return frames(out)


def test_each_recipient_has_the_clip_back_and_nobody_else(
    protected: Path, source: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    backs = [
        recovered(protected, tmp_path / f"{each.file.stem}.mkv", "-i", each.file)
        for each in (anna, bert)
    ]
    np.testing.assert_array_equal(backs[0], backs[1])
    error = np.square(backs[0].astype(float) - frames(source)).mean()
    assert 10 * np.log10(255**2 / error) > 36
    out = tmp_path / "out.mkv"
    carl = owner(tmp_path / "carl.txt")
    check_refused(run("recover", protected, "-o", out, "-i", carl.file), "no recipient", code=3)
    assert not out.exists()


def test_a_grant_opens_one_face_in_all_frames(
    protected: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    carl, grant = owner(tmp_path / "carl.txt"), tmp_path / "grant.age"
    arguments = ("--face", "1", "-r", carl.recipient, "-i", anna.file, "-o", grant)
    result = run("grant", protected, *arguments)
    assert "opens face 1" in check_done(result)
    assert "all frames" in result.stderr
    whole = recovered(protected, tmp_path / "whole.mkv", "-i", bert.file)
    back = recovered(protected, tmp_path / "back.mkv", "--grant", grant, "-i", carl.file)
    closed, opened = (
        np.s_[:, box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
        for box in TWO_BOXES
    )
    np.testing.assert_array_equal(back[opened], whole[opened])
    np.testing.assert_array_equal(back[closed], frames(protected)[closed])
    arguments = ("--face", "9", "-r", carl.recipient, "-i", anna.file, "-o", tmp_path / "no.age")
    check_refused(run("grant", protected, *arguments), "face 9")


def test_rekey_changes_who_opens_and_no_frame(
    protected: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    before = protected.read_bytes()
    carl = owner(tmp_path / "carl.txt")
    result = run("rekey", protected, "-o", out, "-i", anna.file, "-r", carl.recipient)
    assert "only an identity of the recipient" in check_done(result)
    assert "copies that are out keep" in result.stderr
    assert protected.read_bytes() == before
    np.testing.assert_array_equal(frames(out), frames(protected))
    recovered(out, tmp_path / "back.mkv", "-i", carl.file)
    again = ("recover", out, "-o", tmp_path / "no.mkv", "-i", bert.file)
    check_refused(run(*again), "no recipient", code=3)
    check_refused(
        run("rekey", out, "-o", out, "-i", carl.file, "-r", anna.recipient, "--overwrite"), "input"
    )


def test_rekey_of_a_manifest_beside_a_clip(
    source: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mkv"
    arguments = ("--profile", "sealed", "--faces", "whole", "--manifest", "detached")
    check_done(run("protect", source, "-o", clip, *arguments, "-r", anna.recipient))
    new = tmp_path / "new.jsonl"
    before = contents(tmp_path)
    said = check_done(
        run("rekey", clip, "-o", new, "-i", anna.file, "-r", bert.recipient, "--json")
    )
    assert json.loads(said)["manifest"] == str(new)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    recovered(clip, tmp_path / "back.mkv", "--manifest", new, "-i", bert.file)


def test_verify_says_what_can_be_said(protected: Path, folder: Path, anna: Owner) -> None:
    public = folder / "signer.public.pem"
    words = check_done(run("verify", protected, "-i", anna.file, "--signer", public))
    for word in (
        f"a video of {FRAMES} frames",
        "2 recipients",
        "authentic: nothing that it says was changed",
        "unchanged: all that is seen outside the faces",
        "valid: made with the private key",
        f"{2 * FRAMES} open over all frames",
    ):
        assert word in words
    assert words.splitlines()[-1].startswith("verdict      authentic: the secret proves it, and")
    said = json.loads(check_done(run("verify", protected, "--json")))
    assert said["verdict"] == "not proved"
    assert said["frames"] == FRAMES


def test_a_frame_that_was_painted_over_is_noticed(
    protected: Path, anna: Owner, tmp_path: Path
) -> None:
    photo = tmp_path / "clip.mkv"
    data = bytearray(protected.read_bytes())
    place = len(data) * 3 // 4  # somewhere in the coded frames
    data[place] ^= 0x55
    photo.write_bytes(data)
    result = run("verify", photo, "-i", anna.file)
    assert result.exit_code in (1, 5), result.output
    assert "authentic: the secret proves it" not in result.stdout


def test_a_wrong_password_is_said_unless_silent(source: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    boxes = write_boxes(tmp_path / "boxes.json")
    arguments = ("--profile", "obfswr", "--boxes", boxes)
    check_done(run("protect", source, "-o", clip, *arguments, password=PASSWORD))
    result = run("recover", clip, "-o", tmp_path / "wrong.mkv", password="rose")
    assert result.exit_code == 3, result.output
    assert "NOT recovered" in result.stdout
    assert "no face came back" in result.stderr
    silent = ("recover", clip, "-o", tmp_path / "silent.mkv", "--silent")
    result = run(*silent, password="rose")
    check_done(result)
    assert result.stderr == ""
    np.testing.assert_array_equal(frames(tmp_path / "silent.mkv"), frames(clip))


def test_inspect_says_who_may_open_and_which_faces_there_are(protected: Path) -> None:
    words = check_done(run("inspect", protected))
    for word in ("2 recipients", "yes, with an identity", "0, 1 in the first frames"):
        assert word in words
    said = json.loads(check_done(run("inspect", protected, "--json")))
    assert said["faces"] == [0, 1]
    assert said["slots"] == [{"kind": "recipients", "recipients": 2}]
