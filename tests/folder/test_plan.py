"""Which file becomes which, and what is refused before any work is done."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proface import OptionError, OutputError
from proface.folder.names import name_results
from proface.folder.plan import plan


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def outputs(source: Path, pattern: str = "{stem}.png") -> dict[str, str]:
    found = plan(source, source.with_name("out"), {"picture": pattern, "video": "{stem}.mkv"})
    return {item.name: item.output for item in found.items}


def test_subfolders_are_mirrored_and_names_follow_the_pattern(tmp_path):
    source = touch(tmp_path / "in", "a.jpg", "deep/er/b.TIF", "deep/a.jpg")
    assert outputs(source) == {
        "a.jpg": "a.png",
        "deep/a.jpg": "deep/a.png",
        "deep/er/b.TIF": "deep/er/b.png",
    }
    assert outputs(source, "{name}-p.webp")["deep/er/b.TIF"] == "deep/er/b.TIF-p.webp"


def test_what_is_no_picture_or_video_is_left_alone_and_told(tmp_path):
    source = touch(
        tmp_path / "in", "a.jpg", "b.txt", ".c.jpg", ".hidden/d.jpg", "e.mp4", "f", "g.JPG"
    )
    touch(source, "proface-journal.jsonl", "a.png.proface.json", "b.mkv.proface.jsonl")
    os.mkfifo(source / "pipe.jpg")
    found = plan(source, tmp_path / "out")
    assert [item.name for item in found.items] == ["a.jpg", "e.mp4", "g.JPG"]
    assert [item.kind for item in found.items] == ["picture", "video", "picture"]
    assert set(found.skipped) == {"b.txt", ".c.jpg", ".hidden", "f", "pipe.jpg"}
    assert "regular" in found.skipped["pipe.jpg"]


def test_a_loop_of_links_is_not_entered_and_a_broken_link_is_tried(tmp_path):
    source = touch(tmp_path / "in", "a.jpg")
    (source / "loop").symlink_to(source)
    (source / "itself.jpg").symlink_to("itself.jpg")
    (source / "gone.jpg").symlink_to("nowhere.jpg")
    (source / "linked.jpg").symlink_to("a.jpg")
    found = plan(source, tmp_path / "out")
    assert [item.name for item in found.items] == ["a.jpg", "gone.jpg", "itself.jpg", "linked.jpg"]
    assert found.skipped == {"loop": "a link to a folder"}


@pytest.mark.parametrize(
    ("names", "pattern", "results"),
    [
        (["a.heic", "a.jpg", "b.jpg"], "{stem}.png", ["a.heic.png", "a.jpg.png", "b.png"]),
        (["sub/a.jpg", "sub/a.bmp"], "{stem}-x.png", ["sub/a.bmp-x.png", "sub/a.jpg-x.png"]),
        (["a.jpg", "a.png/b.jpg"], "{stem}.png", ["a.jpg.png", "a.png/b.png"]),
        # A name that another gets by its whole name is taken, too.
        (
            ["a.jpg", "a.png", "a.jpg.png"],
            "{stem}.png",
            ["a.jpg.png", "a.jpg.png.png", "a.png.png"],
        ),
        (["a.JPG", "a.jpg"], "{stem}.png", ["a.JPG.png", "a.jpg.png"]),
        (["a.heic", "a.jpg", "a.mov"], "{stem}.png", ["a.heic.png", "a.jpg.png", "a.mkv"]),
    ],
)
def test_two_files_never_become_one(tmp_path, names, pattern, results):
    source = touch(tmp_path / "in", *names)
    assert sorted(outputs(source, pattern).values()) == sorted(results)


def test_names_that_are_one_on_the_output_s_file_system_are_kept_apart(tmp_path):
    names = ("a.jpg", "A.png", "b.jpg", "B.jpg", "m\u00fc.jpg", "mu\u0308.png")
    found = plan(touch(tmp_path / "in", *names), tmp_path / "out")
    assert len(found.items) == 6
    assert not found.unreadable
    found = found.ignoring_case()
    results = {item.name: item.output for item in found.items}
    # b.jpg and B.jpg are one whatever the pattern: the later one is told.
    assert set(found.unreadable) == {"b.jpg"}
    assert "clashes with that of B.jpg" in found.unreadable["b.jpg"]
    assert results == {
        "A.png": "A.png.png",
        "a.jpg": "a.jpg.png",
        "B.jpg": "B.png",
        "m\u00fc.jpg": "m\u00fc.jpg.png",
        "mu\u0308.png": "mu\u0308.png.png",
    } | {"B.jpg": results["B.jpg"]}
    assert results["B.jpg"] in ("B.png", "B.jpg.png")


def test_the_whole_name_keeps_files_apart(tmp_path):
    source = touch(tmp_path / "in", "a.jpg", "a.png")
    assert set(outputs(source, "{name}.png").values()) == {"a.jpg.png", "a.png.png"}


@pytest.mark.parametrize(
    "pattern",
    ["", "a.png", "{stem", "{}.png", "{0}.png", "{stem}/{name}.png", "{stem.x}.png", "{stem!r}{x}"],
)
def test_patterns_that_are_none_are_refused(tmp_path, pattern):
    with pytest.raises(OptionError, match="pattern"):
        outputs(touch(tmp_path / "in", "a.jpg"), pattern)


@pytest.mark.parametrize("out", ["in", "in/out", "in/../in/out", "link"])
def test_an_output_folder_inside_the_input_is_refused(tmp_path, out):
    source = touch(tmp_path / "in", "a.jpg")
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(OptionError, match="lies in"):
        plan(source, tmp_path / out)


def test_folders_that_are_none_are_refused(tmp_path):
    source = touch(tmp_path / "in", "a.jpg")
    with pytest.raises(OutputError, match="is a file"):
        plan(source, touch(tmp_path, "file") / "file")
    with pytest.raises(OptionError, match="no folder"):
        plan(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(OptionError, match="nothing to work on"):
        plan(touch(tmp_path / "texts", "a.txt", "sub/b.doc"), tmp_path / "out")


NAMES = st.lists(
    st.tuples(
        st.sampled_from(["", "s/", "s/t/", "a.png/"]),
        st.sampled_from("abA"),
        st.sampled_from([".jpg", ".png", ".jpg.png", ".bmp"]),
    ).map("".join),
    min_size=1,
    unique=True,
)


@given(
    names=NAMES,
    pattern=st.sampled_from(["{stem}.png", "{name}.png", "x-{stem}.tif"]),
    folded=st.booleans(),
)
def test_every_file_has_a_result_of_its_own(names, pattern, folded):
    found, reasons = name_results(dict.fromkeys(names, "picture"), {"picture": pattern}, folded)
    assert set(found) | set(reasons) == set(names)
    assert not set(found) & set(reasons)
    assert folded or not reasons
    places = {output.casefold() if folded else output for output in found.values()}
    assert len(places) == len(found)
    folders = {parent for place in places for parent in map(str, Path(place).parents)}
    assert not folders & places
    for name, output in found.items():
        assert name.rpartition("/")[0] == output.rpartition("/")[0]
