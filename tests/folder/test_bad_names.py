"""One bad name never ends a run: too long, undecodable, with control characters, or impossible."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.commandline import check_done, run
from tests.folder.pictures import QUICK_OPTIONS, journal, tree, write_picture
from tests.folder.test_folder import PASSWORD, on_small_disk
from tests.folder.test_video_actions import write_clip

LONG = 255  # bytes that a name has at most


@pytest.fixture
def source(tmp_path):
    return write_picture(tmp_path / "in" / "good.jpg").parent


def protect(source: Path, *options: str):
    arguments = ("protect", source, "-o", source.with_name("out"), "--workers", "1")
    return run(*arguments, *QUICK_OPTIONS, *options, password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x" * (LONG - 4) + ".jpg", ("--pattern", "{name}.png")),
        ("x" * (LONG - 4) + ".jpg", ("--manifest", "detached")),
        ("ü" * 125 + ".jpg", ("--pattern", "{stem}-protected.png")),
    ],
    ids=["whole name", "manifest beside", "two bytes a letter"],
)
def test_a_name_too_long_fails_alone(source, name, options):
    write_picture(source / name)
    result = protect(source, *options)
    assert result.exit_code == 1
    assert "File name too long" in result.stderr
    assert "take a shorter pattern" in result.stderr
    assert "Traceback" not in result.output
    assert "1 file protected (1 faces), 1 failed" in result.stdout
    assert any(path.startswith("good") for path in tree(source.with_name("out")))
    assert not list(source.with_name("out").glob(".proface-*"))


ODD = [
    b"caf\xe9.jpg",  # Latin-1, not UTF-8
    b"\xff\xfe.jpg",
    b"new\nline.jpg",
    b"red\x1b[31m.jpg",
    b"bell\x07\x7f.jpg",
    "right\u202eto left.jpg".encode(),
    b" .jpg",
    b"-o.jpg",
    b"{stem}.jpg",
    b"%s%n.jpg",
    b"back\\slash.jpg",
    b"quote'\".jpg",
    b"con.jpg",
    b"a:b|c?.jpg",
    b"x" * (LONG - 4) + b".jpg",
    "\U0001f600.jpg".encode(),
]


@pytest.mark.parametrize("as_json", [False, True])
def test_odd_names_are_done_like_others_and_steer_no_terminal(source, as_json):
    for seed, name in enumerate(ODD):
        picture = write_picture(source / "p.jpg", seed)
        os.rename(os.fsencode(picture), os.path.join(os.fsencode(source), name))
    write_picture(source / os.fsdecode(b"f\xf6lder\n") / "a.jpg")
    (source / os.fsdecode(b"bro\xe9ken\x1b[2J.jpg")).write_bytes(b"broken")
    (source / os.fsdecode(b"te\xe9xt\n.txt")).write_bytes(b"text")
    result = protect(source, *(["--json"] if as_json else []))
    assert result.exit_code == 1
    assert "unexpected" not in result.output
    for text in (result.stdout, result.stderr):
        assert all(char.isprintable() or char == "\n" for char in text)
    assert result.stderr.count("failed: ") == 1
    out = os.fsencode(source.with_name("out"))
    made = {name for name in os.listdir(out) if name.endswith(b".png")}
    assert made == {b"good.png", *(name[:-4] + b".png" for name in ODD)}
    assert os.path.exists(os.path.join(out, b"f\xf6lder\n", b"a.png"))
    assert len([line for line in journal(source.with_name("out")) if "begin" in line]) == 19
    if as_json:
        names = {os.fsencode(each["name"]) for each in json.loads(result.stdout)["files"]}
        assert set(ODD) < names
        return
    again = protect(source, "--resume")
    assert "18 unchanged since an earlier run" in again.stdout
    back = source.with_name("back")
    arguments = ("recover", source.with_name("out"), "-o", back, "--workers", "2")
    check_done(run(*arguments, password=PASSWORD))
    assert {name for name in os.listdir(os.fsencode(back)) if name.endswith(b".png")} == made


def test_odd_names_of_videos_too(source):
    clip = write_clip(source / "clip.mp4", 3)
    data = clip.read_bytes()
    names = [b"caf\xe9.mp4", b"new\nline.mp4", b"http:a.mp4", b"%03d.mp4", b"-i.mp4"]
    for name in names:
        with open(os.path.join(os.fsencode(source), name), "wb") as file:
            file.write(data)
    result = protect(source)
    made = os.listdir(os.fsencode(source.with_name("out")))
    assert result.exit_code == 0, result.output
    assert {name[:-4] + b".mkv" for name in names} < set(made)


def test_a_folder_that_nobody_can_write_into_fails_alone(tmp_path):
    """As an ordinary user, in a name space of one's own: root may do all."""
    write_picture(tmp_path / "in" / "good.jpg")
    write_picture(tmp_path / "in" / "shut" / "bad.jpg")
    (tmp_path / "secret").mkdir()
    program = (
        "mkdir shut\nmkdir -p out\nmkdir out/shut\n"
        "mount -t tmpfs -o size=1m,ro none out/shut\n"
        f"{sys.executable} -m proface protect in -o out --workers 1 {' '.join(QUICK_OPTIONS)}"
    )
    result = on_small_disk(tmp_path, "disk", "1m", program)
    assert result.returncode == 1, result.stderr
    assert "failed: shut/bad.jpg: " in result.stderr
    assert "Read-only file system" in result.stderr
    assert "1 file protected (1 faces), 1 failed" in result.stdout


def test_dot_as_the_output_folder_has_a_name(source, monkeypatch):
    out = source.with_name("out")
    out.mkdir()
    monkeypatch.chdir(out)
    arguments = ("protect", source, "-o", ".", "--workers", "1", *QUICK_OPTIONS)
    said = check_done(run(*arguments, password=PASSWORD))
    assert said.startswith(f"{out}: 1 file protected")
