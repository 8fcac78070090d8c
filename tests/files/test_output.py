"""What is refused before any work: files that exist, inputs, and two results of one name."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import proface
from proface import Key, OutputError
from proface.files.output import check_apart, check_outputs, shown
from tests.commandline import check_done, check_refused, contents, pixels, run
from tests.video import clips

PASSWORD = "tulip on a hill"
QUICK = ("--profile", "sealed", "--obfuscator", "pixelate", "--faces", "whole")


@pytest.fixture
def clip(tmp_path):
    return clips.write(tmp_path / "clip.mkv", [each.pixels for each in clips.draw(3, 64, 48)])


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "photo.png"
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 216, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.mark.parametrize(
    "alias",
    ["a.json", "./a.json", "sub/../a.json", "linked/a.json", "A.json", "hard.json", "soft.json"],
)
def test_two_names_of_one_file_are_refused(tmp_path, alias):
    (tmp_path / "sub").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "soft.json").symlink_to("a.json")
    path = tmp_path / "a.json"
    if alias == "hard.json":
        path.touch()
        (tmp_path / alias).hardlink_to(path)
    with pytest.raises(OutputError, match="would be one file"):
        check_apart([tmp_path / "other", path, tmp_path / alias])
    with pytest.raises(OutputError, match="would be one file"):
        check_outputs([path, tmp_path / alias], overwrite=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.png", "b.png"), ("a.png", "a.png.proface.json"), ("a.png", "sub/a.png"), ("ä", "a")],
)
def test_names_of_two_files_are_taken(tmp_path, first, second):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").touch()
    (tmp_path / "sub" / "a.png").touch()
    check_apart([tmp_path / first, tmp_path / second])


def test_accents_may_be_composed_in_two_ways(tmp_path):
    with pytest.raises(OutputError, match="would be one file"):
        check_apart([tmp_path / "M\u00fcller.png", tmp_path / "mu\u0308ller.png"])


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
@pytest.mark.parametrize("boxes", ["o.mkv", "O.MKV", "o.mkv.proface.jsonl", "clip.mkv", "./o.mkv"])
def test_boxes_never_take_the_place_of_a_clip_or_its_manifest(tmp_path, clip, boxes, overwrite):
    before = contents(tmp_path)
    arguments = ("protect", clip, "-o", tmp_path / "o.mkv", "--manifest", "detached", *QUICK)
    options = ("--boxes-out", tmp_path / boxes, *overwrite)
    check_refused(run(*arguments, *options, password=PASSWORD), boxes.lstrip("./"))
    assert contents(tmp_path) == before


def test_boxes_that_are_read_are_not_replaced(tmp_path, clip):
    boxes = tmp_path / "boxes.json"
    boxes.write_text('[{"x": 0, "y": 0, "width": 48, "height": 48}]')
    arguments = ("protect", clip, "-o", tmp_path / "o.mkv", "--boxes", boxes, *QUICK[:4])
    options = ("--boxes-out", boxes, "--overwrite")
    before = contents(tmp_path)
    check_refused(run(*arguments, *options, password=PASSWORD), "input itself")
    assert contents(tmp_path) == before


def test_no_file_that_is_read_is_replaced(tmp_path, picture, clip):
    secret, donor = tmp_path / "secret.png", tmp_path / "donor.png"
    secret.write_text("tulip on a hill\n")
    donor.write_bytes(picture.read_bytes())
    before = contents(tmp_path)
    common = ("--password-file", secret, *QUICK, "--overwrite")
    for arguments in (
        ("protect", picture, "-o", secret),
        ("protect", picture, "-o", donor, "--donor", donor),
        ("protect", clip, "-o", tmp_path / "o.mkv", "--boxes-out", secret),
    ):
        check_refused(run(*arguments, *common), "input itself")
        assert contents(tmp_path) == before


@pytest.mark.parametrize("name", [".", "..", "sub"])
def test_a_folder_is_refused_by_its_name(tmp_path, picture, monkeypatch, name):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub" if name == ".." else tmp_path)
    for command in ("protect", "recover"):
        check_refused(run(command, picture, "-o", name, password=PASSWORD), f"{name} is a folder")
    with pytest.raises(OutputError, match="is a folder"):
        proface.protect(picture, PASSWORD, profile="sealed", faces="whole").save(name)


def test_paths_without_a_name_are_shown_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(Path(".")) == str(tmp_path)
    assert shown(Path("..")) == str(tmp_path.parent)
    assert shown(Path("a/b")) == "a/b"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_recovered_is_for_its_owner_alone(tmp_path, picture, clip):
    """Also where the protected file, or one that is replaced, could be read by all."""
    for source, suffix in ((picture, ".png"), (clip, ".mkv")):
        out, back = tmp_path / f"out{suffix}", tmp_path / f"back{suffix}"
        check_done(run("protect", source, "-o", out, *QUICK, password=PASSWORD))
        assert mode(out) == 0o644
        check_done(run("recover", out, "-o", back, password=PASSWORD))
        assert mode(back) == 0o600
        back.chmod(0o666)
        check_done(run("recover", out, "-o", back, "--overwrite", password=PASSWORD))
        assert mode(back) == 0o600


@pytest.mark.parametrize("private", [False, True])
def test_the_library_saves_in_the_same_way(tmp_path, picture, private):
    key = Key.from_bytes(bytes(32))
    protected = proface.protect(picture, key, profile="sealed", faces="whole")
    protected.save(tmp_path / "out.png")
    if private:
        proface.recover(tmp_path / "out.png", key).save(tmp_path / "back.png")
        assert np.abs(pixels(picture).astype(int) - pixels(tmp_path / "back.png")).max() < 24
    assert mode(tmp_path / ("back.png" if private else "out.png")) == (0o600 if private else 0o644)


def test_a_file_that_appears_during_a_run_stays(tmp_path, clip):
    """A clip is an hour's work; meanwhile anything can come to stand at its place."""
    from proface import video
    from proface.picture.options import KeepingOptions, ProtectOptions

    key, out, back = Key.from_bytes(bytes(32)), tmp_path / "out.mkv", tmp_path / "back.mkv"
    options = ProtectOptions(keeping=KeepingOptions("sealed"))

    def appearing(path):
        return lambda done, total: path.write_bytes(b"mine") if done == 2 else None

    for beside in (out, video.detached_path(out), tmp_path / "boxes.json"):
        choices = video.ClipOptions(manifest="detached", boxes_out=tmp_path / "boxes.json")
        with pytest.raises(OutputError, match="appeared there meanwhile"):
            video.protect(
                clip, out, key, options, choices, faces="whole", progress=appearing(beside)
            )
        assert contents(tmp_path) == {"clip.mkv": clip.read_bytes(), beside.name: b"mine"}
        beside.unlink()
    video.protect(clip, out, key, options, faces="whole")
    with pytest.raises(OutputError, match="appeared there meanwhile"):
        video.recover(out, back, key, progress=appearing(back))
    assert back.read_bytes() == b"mine"
    video.recover(out, back, key, overwrite=True, progress=appearing(back))
    assert len(clips.decode(back)) == 3
    assert set(os.listdir(tmp_path)) == {"clip.mkv", "out.mkv", "back.mkv"}
