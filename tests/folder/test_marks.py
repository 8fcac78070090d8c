"""How files are known again, with a secret and without."""

import os
import time

import pytest

from proface.folder.marks import MARGIN, DatedMarks, KeyedMarks

KEYED, DATED = KeyedMarks(bytes(32)), DatedMarks()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")
    return path


@pytest.fixture
def old(file):
    """A file on which the work begins when it is old enough."""
    time.sleep(MARGIN + 0.1)
    return file


def replaced_by_an_old_file(path):
    other = path.with_name("b.jpg")
    other.write_bytes(b"another")
    other.rename(path)
    os.utime(path, (0, 0))


def replaced_with_its_folder(path):
    """Its own times stay what they were."""
    folder = path.parent
    folder.rename(folder.with_name("away"))
    folder.with_name("other").rename(folder)


CHANGES = {
    "written": lambda path: path.write_bytes(b"changed"),
    "written with the time kept": lambda path: (path.write_bytes(b"x"), os.utime(path, (0, 0))),
    "replaced by an old file": replaced_by_an_old_file,
    "another mode": lambda path: path.chmod(0o600),
}


def test_an_old_file_that_is_left_alone_is_the_same(old):
    for marks in (KEYED, DATED):
        assert marks.is_same_source(old, marks.of_source(old))


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_touched_after_the_work_began_is_another(old, change):
    mark = DATED.of_source(old)
    CHANGES[change](old)
    assert not DATED.is_same_source(old, mark)


def test_a_file_whose_folder_was_exchanged_is_another(tmp_path):
    for name in ("folder", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").write_bytes(name.encode())
    time.sleep(MARGIN + 0.1)
    path = tmp_path / "folder" / "a.jpg"
    mark = DATED.of_source(path)
    replaced_with_its_folder(path)
    assert not DATED.is_same_source(path, mark)


def test_a_link_that_leads_elsewhere_is_another_file(tmp_path, old):
    link = tmp_path / "link.jpg"
    link.symlink_to(old)
    time.sleep(MARGIN + 0.1)
    mark = DATED.of_source(link)
    assert DATED.is_same_source(link, mark)
    link.unlink()
    link.symlink_to(old)
    assert not DATED.is_same_source(link, mark)


def test_a_file_that_was_young_when_the_work_began_is_done_again(file):
    """A coarse clock may give a change after that the same time."""
    assert not DATED.is_same_source(file, DATED.of_source(file))


@pytest.mark.parametrize("marks", [KEYED, DATED])
@pytest.mark.parametrize("copied", [True, False])
def test_a_result_is_known_after_it_was_moved_and_not_when_it_was_changed(file, marks, copied):
    mark = marks.of_result(file, copied)
    place = file.rename(file.with_name("place.png"))
    assert marks.is_result(place, {"another", mark})
    assert not marks.is_result(place, ())
    link = file.with_name("link.png")
    link.symlink_to(place)
    assert not marks.is_result(link, [mark])
    assert not marks.is_result(file.with_name("gone.png"), [mark])
    place.write_bytes(b"changed")
    assert not marks.is_result(place, [mark])


def test_the_mark_of_a_copy_is_the_same_whatever_it_shows(tmp_path):
    marks = set()
    for name in ("a", "b"):
        path = tmp_path / name
        path.write_text(name * 100 if name == "a" else name)
        os.utime(path, (1, 1))
        marks.add(DATED.of_result(path, copied=True))
    assert len(marks) == 1
