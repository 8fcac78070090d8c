"""What counts as a picture in a folder: what counts as one alone; and what is told of the rest."""

import json
from pathlib import Path

import pytest
from PIL import Image

import proface
from proface import Key
from proface.folder.plan import plan
from proface.folder.search import kind_of
from tests.commandline import check_done, check_refused, run
from tests.folder.pictures import QUICK_OPTIONS, tree, write_picture
from tests.video import clips

KEY = Key.from_bytes(bytes(32))
AS = {
    "jpg": "JPEG",
    "JPG": "JPEG",
    "jpeg": "JPEG",
    "jpe": "JPEG",
    "jfif": "JPEG",
    "jif": "JPEG",
    "mpo": "MPO",
    "MPO": "MPO",
    "hif": "AVIF",
    "heic": "PNG",  # by its content, whatever its name
    "png": "PNG",
    "apng": "PNG",
    "Tif": "TIFF",
    "WEBP": "WEBP",
    "bmp": "BMP",
    "gif": "GIF",
    "avif": "AVIF",
    "jp2": "JPEG2000",
    "ppm": "PPM",
    "dat": "JPEG",
    "jpg_large": "JPEG",
    "jpg~": "JPEG",
    "tmp": "WEBP",
}
NAMES = [*(f"a.{suffix}" for suffix in AS), "b", "c. ", "IMG_1(1)", "d.JPG.jpg.", "e.proface.json"]


def draw(path: Path, kind: str) -> Path:
    image = Image.new("RGB", (64, 64), (90, 120, 150))
    more = {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]} if kind == "MPO" else {}
    image.save(path, kind, **more)
    return path


def test_every_picture_that_works_alone_works_in_a_folder(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in NAMES:
        path = draw(source / name, AS.get(name.rpartition(".")[2], "PNG"))
        proface.protect(path, KEY, profile="sealed", faces="whole")
    found = plan(source, tmp_path / "out")
    assert [item.name for item in found.items] == sorted(NAMES)
    assert len({item.output for item in found.items}) == len(NAMES)
    assert not found.skipped


@pytest.mark.parametrize(
    ("name", "kind"),
    [("x.MP4", "video"), ("x.dat", "video"), ("x.jpg", "video"), ("x", "video")],
)
def test_videos_are_told_as_alone_too(tmp_path, name, kind):
    clip = clips.write(tmp_path / "clip.mkv", [each.pixels for each in clips.draw(2, 64, 48)])
    assert kind_of(clip.rename(tmp_path / name)) == kind


def skipped(source: Path) -> tuple[dict[str, str], set[str]]:
    found = plan(source, source.with_name("out"))
    return found.skipped, set(found.left_open)


def test_what_is_skipped_and_may_show_a_face_is_told_apart(tmp_path):
    source = tmp_path / "in"
    face = write_picture(source / "a.jpg").read_bytes()
    for folder in (".thumbs/deep", ".git", "sub", ".proface-0123456789abcdef.part"):
        (source / folder).mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    write_picture(elsewhere / "deep" / "z.jpg")
    (tmp_path / "texts").mkdir()
    for name, content in {
        "notes.txt": b"text",
        "empty": b"",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
        "photo.xmp": b"<x:xmpmeta/>",
        "raw.NEF": b"nonsense",
        "scan.pdf": b"%PDF-1.7",
        "drawing.psd": b"8BPS",
        ".b.jpg": face,
        ".c": face,
        "._a.jpg": b"\0\x05\x16\x07 of another system",
        ".DS_Store": b"\0\0\0\1Bud1",
        ".thumbs/deep/t.png": face,
        ".git/HEAD": b"ref: refs/heads/main",
        "a.png.proface.json": b"{}",
        "proface-journal.jsonl": b"{}",
        ".proface-fedcba9876543210.part": face,
        ".proface-0123456789abcdef.part/a.png": face,
    }.items():
        (source / name).write_bytes(content)
    (source / "itself").symlink_to("itself")
    (source / "gone").symlink_to("nowhere")
    (source / "loop").symlink_to(source)
    (source / "inner").symlink_to("sub")
    (source / "outer").symlink_to(elsewhere)
    (source / "texts").symlink_to(tmp_path / "texts")
    reasons, left_open = skipped(source)
    left_open.remove("itself")
    assert "cannot be opened" in reasons["itself"]
    assert left_open == {"raw.NEF", "scan.pdf", "drawing.psd", ".b.jpg", ".c", ".thumbs", "outer"}
    assert set(reasons) == left_open | {
        *("notes.txt", "empty", "Thumbs.db", "photo.xmp", "._a.jpg", ".DS_Store"),
        *(".git", "loop", "inner", "texts", "itself", "gone"),
    }


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("notes.txt", b"text", 0), (".b.jpg", None, 1), ("raw.cr2", b"raw", 1), ("x.heic", b"", 1)],
)
def test_the_exit_code_says_that_something_was_left_open(tmp_path, name, content, code):
    source, out, report = tmp_path / "in", tmp_path / "out", tmp_path / "report.json"
    face = write_picture(source / "a.jpg").read_bytes()
    (source / name).write_bytes(face if content is None else content)
    options = (*QUICK_OPTIONS, "--workers", "1", "--report", report)
    result = run("protect", source, "-o", out, *options, password="tulip")
    assert result.exit_code == code, result.output
    assert name in result.stderr
    assert set(tree(out)) == {"a.png", "proface-journal.jsonl"}
    counts = json.loads(report.read_text())["counts"]
    assert counts["done"] == 1
    assert counts["failed"] + counts["left_open"] == code


def test_a_folder_of_nothing_but_what_is_skipped_says_so(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    (source / "raw.cr2").write_bytes(b"raw")
    result = run("protect", source, "-o", tmp_path / "out", *QUICK_OPTIONS, password="tulip")
    check_refused(result, "raw.cr2 cannot be worked on", code=2)


def test_messages_name_the_files_but_not_thousands(tmp_path):
    source = tmp_path / "in"
    for number in range(8):
        write_picture(source / f"{number}.jpg")
        (source / f"{number}.txt").write_text("text")
    options = ("--profile", "sealed", "--workers", "1")
    result = run("protect", source, "-o", tmp_path / "out", *options, password="tulip")
    check_done(result)
    assert (
        "no face was found; nothing was written: 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg and 3 more"
        in (result.stderr)
    )
    assert "8 files skipped, neither a picture nor a video: 0.txt, 1.txt" in result.stderr
