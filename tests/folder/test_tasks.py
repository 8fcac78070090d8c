"""What becomes of one file, and when the result of an earlier run is kept."""

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proface import Key
from proface.files import images
from proface.folder.actions import Protect, Recover
from proface.folder.tasks import Outcome, Task
from proface.keys import Keyring
from proface.picture import protection
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions
from proface.profile.sealed.profile import SEALED
from tests.commandline import pixels
from tests.folder.pictures import QUICK, perform, resumed, tree, write_picture
from tests.obfuscators.stickers.test_picture_folder import disc

KEY = Key.derive("tulip")


@pytest.fixture
def task(tmp_path: Path) -> Task:
    write_picture(tmp_path / "in" / "sub" / "a.jpg")
    return Task("sub/a.jpg", "sub/a.png", "picture", tmp_path / "in", tmp_path / "out")


def earlier(task: Task, work: Protect = QUICK) -> Task:
    """The task after it was done once."""
    outcome = perform(work, KEY, task)
    assert outcome.status == "done"
    return resumed(task, outcome)


def test_an_outcome_says_what_was_done(task):
    outcome = perform(QUICK, KEY, task)
    assert outcome.status == "done"
    assert outcome.faces == ({"x": 0, "y": 0, "width": 64, "height": 64},)
    assert outcome.profile == SEALED
    assert set(outcome.outputs) == {"sub/a.png"}
    assert 0 < sum(outcome.stages.values()) <= outcome.seconds
    assert {"decode", "obfuscate", "key", "encode"} <= set(outcome.stages)
    assert Outcome.from_dict(outcome.to_dict()) == outcome


def test_one_key_serves_a_folder_and_wraps_another_for_each_picture(task):
    write_picture(task.source / "b.jpg")
    other = replace(task, name="b.jpg", output="b.png")
    for each in (task, other):
        perform(QUICK, KEY, each)
    first, second = (protection.inspect(each.target).manifest for each in (task, other))
    slots = [each.slots[0] for each in (first, second)]
    assert slots[0].salt == slots[1].salt == KEY.salt
    assert slots[0].wrapped != slots[1].wrapped


def test_a_result_is_kept_while_file_and_result_are_unchanged(task):
    again = earlier(task)
    before = tree(task.out)
    kept = perform(QUICK, KEY, again)
    assert kept.resumed
    assert kept.outputs == again.earlier.outputs
    assert tree(task.out) == before


def test_a_result_that_is_gone_or_of_a_changed_file_is_made_again(task):
    again = earlier(task)
    again.target.unlink()
    assert not perform(QUICK, KEY, again).resumed
    again = earlier(replace(task, overwrite=True))
    write_picture(task.source / task.name, seed=1)
    redone = perform(QUICK, KEY, replace(again, overwrite=False))
    assert (redone.status, redone.resumed) == ("done", False)
    assert redone.mark != again.earlier.mark


def test_a_result_that_somebody_changed_is_not_replaced_unasked(task):
    again = earlier(task)
    again.target.write_bytes(b"mine")
    refused = perform(QUICK, KEY, again)
    assert refused.status == "failed"
    assert "was changed" in refused.error
    assert again.target.read_bytes() == b"mine"
    assert perform(QUICK, KEY, replace(again, overwrite=True)).status == "done"
    assert again.target.read_bytes() != b"mine"


def test_a_detached_manifest_belongs_to_the_result(task):
    work = replace(QUICK, manifest="detached")
    again = earlier(task, work)
    assert set(again.earlier.outputs) == {"sub/a.png", "sub/a.png.proface.json"}
    assert perform(work, KEY, again).resumed
    (task.out / "sub/a.png.proface.json").unlink()
    assert not perform(work, KEY, again).resumed
    recovered = Task("sub/a.png", "sub/a.png", "picture", task.out, task.out.with_name("back"))
    assert perform(Recover(), "tulip", recovered).status == "done"


def test_stickers_are_read_once_by_each_process(task):
    stickers = task.source.with_name("stickers")
    stickers.mkdir()
    disc(stickers / "disc.png")
    look = LookOptions("sticker", stickers=stickers)
    work = Protect(ProtectOptions(look, keeping=KeepingOptions(SEALED)), faces="whole")
    work.check({"picture": "{stem}.png"})
    first = perform(work, KEY, task)
    shutil.rmtree(stickers)
    write_picture(task.source / "b.jpg")
    second = replace(task, name="b.jpg", output="b.png")
    assert first.status == perform(work, KEY, second).status == "done"
    elsewhere = pickle.loads(pickle.dumps(work))
    assert elsewhere == work
    assert "stickers" in perform(elsewhere, KEY, replace(second, overwrite=True)).error


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"\xff\xd8\xff\xe0", "not a picture"), (None, "No such")],
)
def test_what_cannot_be_read_fails_alone(task, content, words):
    path = task.source / task.name
    path.unlink() if content is None else path.write_bytes(content)
    outcome = perform(QUICK, KEY, task)
    assert outcome.status == "failed"
    assert words in outcome.error
    assert tree(task.out) == {}


@pytest.mark.parametrize(
    ("choice", "status", "names"),
    [("skip", "left", set()), ("copy", "copied", {"sub/a.png"}), ("fail", "failed", set())],
)
def test_a_picture_without_a_face_is_treated_as_told(task, choice, status, names):
    work = Protect(ProtectOptions(keeping=KeepingOptions(SEALED)), no_face=choice)
    outcome = perform(work, KEY, task)
    assert outcome.status == status
    assert "no face was found" in (*outcome.notes, outcome.error)[0]
    assert set(tree(task.out)) == set(outcome.outputs) == names
    if names:
        np.testing.assert_array_equal(pixels(task.target), pixels(task.source / task.name))
        assert images.read(task.target).manifest is None


@pytest.mark.parametrize(
    ("choice", "status"), [("skip", "left"), ("copy", "copied"), ("fail", "failed")]
)
def test_a_picture_that_was_never_protected_is_treated_as_told(task, choice, status):
    outcome = perform(Recover(unprotected=choice), "tulip", task)
    assert outcome.status == status
    assert task.target.exists() == (status == "copied")


def test_a_keyring_derives_each_key_once_and_keeps_few(monkeypatch):
    derived = []
    derive = Key.derive

    def counting(password, salt, derivation):
        derived.append(salt)
        return derive(password, salt, derivation)

    monkeypatch.setattr(Key, "derive", counting)
    monkeypatch.setattr("proface.keys.master.KEYRING_SIZE", 2)
    cheap = replace(KEY.derivation, time_cost=1, memory_kib=32)
    ring = Keyring("tulip")
    for salt in (b"1", b"2", b"1", b"3", b"3", b"1"):
        assert ring.key(salt * 16, cheap) == derive("tulip", salt * 16, cheap)
    assert derived == [salt * 16 for salt in (b"1", b"2", b"3", b"1")]
