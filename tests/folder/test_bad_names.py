"""One bad name never ends a run: too long, undecodable, with control characters, or impossible."""

import json
import os
import sys
from pathlib import Path

import pytest

from proface.folder.search import JOURNAL_NAME
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
    """It is on a disk that can only be read, which holds for root, too."""
    write_picture(tmp_path / "in" / "good.jpg")
    write_picture(tmp_path / "in" / "shut" / "bad.jpg")
    place = tmp_path / "out" / "shut"
    program = (
        "mkdir out/shut\nmount -t tmpfs -o ro none out/shut\n"
        f"{sys.executable} -m proface protect in -o out --workers 1 {' '.join(QUICK_OPTIONS)}"
    )
    result = on_small_disk(tmp_path, "out", "1m", program)
    assert result.returncode == 1, result.stderr
    said = f"failed: shut/bad.jpg: cannot write to {place}: Read-only file system"
    assert said in result.stderr
    assert "1 file protected (1 faces), 1 failed" in result.stdout


def test_dot_as_the_output_folder_has_a_name(source, monkeypatch):
    out = source.with_name("out")
    out.mkdir()
    monkeypatch.chdir(out)
    arguments = ("protect", source, "-o", ".", "--workers", "1", *QUICK_OPTIONS)
    said = check_done(run(*arguments, password=PASSWORD))
    assert said.startswith(f"{out}: 1 file protected")


def test_a_camera_s_second_file_of_a_picture_refuses_nothing(source):
    """A phone keeps HEIC beside JPEG, a camera its raw data; and a clip of the moment."""
    for name in ("IMG_1.JPG", "IMG_2.jpg", "IMG_2.png"):
        write_picture(source / name.lower()).rename(source / name)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
    (source / "IMG_1.HEIC").write_bytes(heic)
    (source / "IMG_1.CR3").write_bytes(b"\0\0\0\x18ftypcrx ")
    write_clip(source / "IMG_1.MOV", 3)
    result = protect(source)
    made = {"IMG_1.JPG.png", "IMG_1.mkv", "IMG_2.jpg.png", "IMG_2.png.png", "good.png"}
    assert result.exit_code == 1
    assert set(tree(source.with_name("out"))) == {*made, "proface-journal.jsonl"}
    told = [line for line in result.stderr.splitlines() if line.startswith("failed: ")]
    assert all(line.startswith(("failed: IMG_1.HEIC: ", "failed: IMG_1.CR3: ")) for line in told)
    assert "IMG_1.HEIC" in result.stderr
    assert "IMG_1.CR3" in result.stderr
    check_kept = protect(source, "--resume")
    assert f"{len(made)} unchanged since an earlier run" in check_kept.stdout


def test_names_that_the_output_folder_takes_for_one_never_replace_each_other(source):
    """Two names of one journal are what shows that case does not count there."""
    out = source.with_name("out")
    out.mkdir()
    (out / JOURNAL_NAME).touch()
    (out / JOURNAL_NAME.upper()).hardlink_to(out / JOURNAL_NAME)
    for name in ("a.jpg", "A.png", "b.jpg", "B.jpg"):
        write_picture(source / name)
    result = protect(source)
    assert result.exit_code == 1
    assert "failed: b.jpg: its result would be" in result.stderr
    names = {name for name in tree(out) if name.endswith(".png")}
    assert len({name.casefold() for name in names}) == len(names) == 4
