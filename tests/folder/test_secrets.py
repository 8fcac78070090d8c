"""Whose folder it is: for recipients, with identities, with a wrong secret, and taken up again."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proface import Access, Grant, GrantError, Identity, Key, PasswordError, RecipientError, folder
from proface.folder import Batch, Protect, Recover
from proface.folder.marks import MARGIN
from proface.keys import Keyring
from proface.keys.grants import make
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions
from tests.commandline import check_done, check_refused, pixels, run
from tests.folder.pictures import (
    QUICK,
    QUICK_OPTIONS,
    done,
    fill,
    journal,
    tree,
    write_picture,
)
from tests.folder.test_folder import start, wait_for

ALICE, BOB, EVE = (Identity.generate() for _ in range(3))
BOTH = Access.make(None, (*ALICE.recipients, *BOB.recipients))
JOURNAL = "proface-journal.jsonl"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return fill(tmp_path / "in", 3)


@pytest.fixture
def out(source: Path) -> Path:
    """The folder, protected for Alice and Bob alone."""
    out = source.with_name("out")
    report = folder.protect(source, out, BOTH, QUICK, workers=2)
    assert report.counts["done"] == 3
    return out


def write_identity(path: Path, identity: Identity) -> Path:
    path.write_text(identity.to_text())
    path.chmod(0o600)
    return path


def check_shown(source: Path, back: Path) -> None:
    """Assert that the pictures of both folders show nearly the same."""
    names = {name for name in tree(source) if name != JOURNAL}
    assert {*names, JOURNAL} == set(tree(back))
    for name in names:
        assert np.abs(pixels(back / name).astype(int) - pixels(source / name)).max() < 24


@pytest.mark.parametrize("identity", [ALICE, BOB])
def test_each_recipient_recovers_the_folder(source: Path, out: Path, identity: Identity) -> None:
    back = source.with_name("back")
    report = folder.recover(out, back, identity, workers=2)
    assert not report.failed
    assert report.faces == 3
    check_shown(source, back)
    again = folder.recover(out, back, identity, workers=1, resume=True)
    assert all(each.resumed for each in again.outcomes)


def test_on_the_command_line_no_password_is_asked_for(source: Path, tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    recipients = tmp_path / "recipients.txt"
    recipients.write_text("\n".join(BOB.recipients))
    options = ("-r", *ALICE.recipients, "-R", recipients, "--workers", "1", *QUICK_OPTIONS)
    check_done(run("protect", source, "-o", out, *options))
    for name, identity in (("a", ALICE), ("b", BOB)):
        key = write_identity(tmp_path / f"{name}.txt", identity)
        check_done(run("recover", out, "-o", back / name, "-i", key, "--workers", "1"))
        check_shown(source, back / name)


def test_a_password_and_recipients_open_the_same_folder(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder.protect(source, out, Access.make("tulip", ALICE.recipients), QUICK, workers=1)
    for number, secret in enumerate(("tulip", Keyring("tulip"), ALICE)):
        report = folder.recover(out, tmp_path / f"back{number}", secret, workers=1)
        assert report.counts["done"] == 3


# A wrong secret


def test_a_wrong_identity_opens_no_file_and_is_told(source: Path, out: Path) -> None:
    back = source.with_name("back")
    key = write_identity(source.with_name("eve.txt"), EVE)
    result = run("recover", out, "-o", back, "-i", key, "--workers", "1")
    assert result.exit_code == 3, result.output
    assert result.stderr.count("failed: ") == 3
    assert "3 files: the secret did not match: 00.png, 01.png, sub/02.png" in result.stderr
    assert "0 files recovered (0 faces), 3 failed" in result.stdout
    assert set(tree(back)) == {JOURNAL}


def test_one_file_with_another_password_fails_among_the_others(tmp_path: Path) -> None:
    out, back = tmp_path / "out", tmp_path / "back"
    for number, password in enumerate(("tulip", "rose")):
        write_picture(tmp_path / password / f"{number}.png", number)
        folder.protect(tmp_path / password, out / password, Key.derive(password), QUICK, workers=1)
    report = folder.recover(out, back, "tulip", workers=1)
    assert {each.name: each.status for each in report.outcomes} == {
        "tulip/0.png": "done",
        "rose/1.png": "failed",
    }
    assert [each.name for each in report.wrong_keys] == ["rose/1.png"]
    assert report.to_dict()["wrong_keys"] == 1
    assert "wrong password" in report.wrong_keys[0].error
    assert set(tree(back)) == {"tulip/0.png", JOURNAL}


@pytest.mark.parametrize("silent", [False, True])
def test_what_a_wrong_password_writes_is_counted_and_told_unless_silent(
    tmp_path: Path, silent: bool
) -> None:
    source, out, back = (tmp_path / name for name in ("in", "out", "back"))
    write_picture(source / "a.png")
    look, keeping = LookOptions("pixelate"), KeepingOptions("randwr")
    action = Protect(ProtectOptions(look, keeping=keeping), faces="whole")
    folder.protect(source, out, "tulip", action, workers=1)
    options = ("--workers", "1", *(["--silent"] if silent else []))
    result = run("recover", out, "-o", back, *options, password="rose")
    assert (back / "a.png").exists()
    assert result.exit_code == (0 if silent else 3), result.output
    told = "1 file: the secret did not match: a.png"
    assert (told in result.stderr) != silent
    assert ("noise" in result.output) != silent
    assert ("0 files recovered (0 faces), 1 written without" in result.stdout) != silent
    assert ("wrong_key" in (back / JOURNAL).read_text()) != silent


def test_what_is_not_authentic_fails_by_name_and_counts_more_than_a_wrong_key(
    tmp_path: Path,
) -> None:
    source, out = fill(tmp_path / "in", 2), tmp_path / "out"
    detached = replace(QUICK, manifest="detached")
    folder.protect(source, out, Access.make("tulip", ALICE.recipients), detached, workers=1)
    path = out / "00.png.proface.json"
    text = path.read_text()
    assert '"pixelate"' in text
    path.write_text(text.replace('"pixelate"', '"gaussian"'))
    result = run("recover", out, "-o", tmp_path / "back", "--workers", "1", password="tulip")
    assert result.exit_code == 5, result.output
    assert "1 file: not what was protected: 00.png" in result.stderr
    assert set(tree(tmp_path / "back")) == {"01.png", JOURNAL}

    more = write_picture(tmp_path / "more" / "c.png").parent
    folder.protect(more, out / "more", "rose", QUICK, workers=1)
    options = ("--workers", "1", "--report", tmp_path / "report.json")
    result = run("recover", out, "-o", tmp_path / "more-back", *options, password="tulip")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["not_authentic"], report["wrong_keys"]) == (1, 1)
    assert result.exit_code == 5


# What is of no use for a folder


def test_a_grant_is_for_one_file(out: Path, tmp_path: Path) -> None:
    key = BOTH.new_picture(authenticated=True)[0]
    data = make(key, "0" * 64, [0], ALICE.recipients)
    with pytest.raises(GrantError, match="not for a folder"):
        folder.recover(out, tmp_path / "back", Grant.open(data, ALICE))
    (tmp_path / "grant.age").write_bytes(data)
    identity = write_identity(tmp_path / "alice.txt", ALICE)
    options = ("--grant", tmp_path / "grant.age", "-i", identity)
    check_refused(run("recover", out, "-o", tmp_path / "b", *options), "not for a folder", code=2)


def test_what_opens_does_not_protect_and_the_other_way_round(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "never"
    for secret in (ALICE, Keyring("tulip")):
        with pytest.raises(PasswordError, match="identity's recipient"):
            folder.protect(source, out, secret, QUICK)
    with pytest.raises(PasswordError, match="what recovers is the password"):
        folder.recover(source, out, BOTH)
    assert tree(out) == {}


def test_the_paper_s_profiles_refuse_recipients_before_any_work(
    source: Path, tmp_path: Path
) -> None:
    action = Protect(ProtectOptions(keeping=KeepingOptions("paper-randwr")), faces="whole")
    told: list[object] = []
    for access in (BOTH, Access.make("tulip", ALICE.recipients)):
        with pytest.raises(RecipientError, match="paper"):
            folder.protect(source, tmp_path / "never", access, action, progress=lambda *a: told)
    assert told == []
    assert tree(tmp_path / "never") == {}


# Taken up again


def test_for_recipients_alone_a_killed_run_is_taken_up(tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 24), tmp_path / "out"
    time.sleep(MARGIN + 0.1)  # so that the files are older than the work
    recipients = [each for key in (*ALICE.recipients, *BOB.recipients) for each in ("-r", key)]
    arguments = ("protect", source, "-o", out, "--workers", "2", *QUICK_OPTIONS, *recipients)
    with start(*arguments) as process:
        wait_for(lambda: len(done(out)) >= 3)
        process.kill()
    killed = {line["name"]: line["outputs"] for line in done(out)}
    assert 3 <= len(killed) < 24
    first = tree(out)
    changed, stranger = sorted(killed)[:2]
    write_picture(source / changed, seed=99)
    (out / stranger).write_bytes(b"the only copy of something else")

    result = run(*arguments, "--resume")
    assert result.exit_code == 1, result.output
    assert f"failed: {stranger}: {out / stranger} was changed since" in result.stderr
    assert (out / stranger).read_bytes() == b"the only copy of something else"
    last = tree(out)
    for name in killed.keys() - {changed, stranger}:
        assert last[name] == first[name]
    assert last[changed] != first[changed]
    # A file that was changed just before is too young to be known again, and is done once more.
    (out / stranger).unlink()
    check_done(run(*arguments, "--resume"))
    report = folder.recover(out, tmp_path / "back", ALICE, workers=1)
    assert report.counts["done"] == 24
    check_shown(source, tmp_path / "back")


def test_for_recipients_alone_copies_are_known_again_without_a_hash(tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 2), tmp_path / "out"
    time.sleep(MARGIN + 0.1)
    action = Protect(ProtectOptions(keeping=KeepingOptions("sealed")), no_face="copy")
    report = folder.protect(source, out, BOTH, action, workers=1)
    assert report.counts["copied"] == 2
    outputs = [mark for line in journal(out) for mark in line.get("outputs", {}).values()]
    assert outputs
    assert all(mark.startswith("time:") for mark in outputs)
    again = folder.protect(source, out, BOTH, action, workers=1, resume=True)
    assert all(each.resumed for each in again.outcomes)
    os.utime(out / "00.png")
    write_picture(source / "00.png", seed=9)
    refused = folder.protect(source, out, BOTH, action, workers=1, resume=True)
    assert [each.status for each in refused.outcomes] == ["failed", "copied"]


def test_a_run_for_recipients_alone_is_not_taken_up_with_a_password(out: Path) -> None:
    source = out.with_name("in")
    arguments = ("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS, "--resume")
    check_refused(run(*arguments, password="tulip"), "another password", code=3)


def test_an_access_with_a_password_is_taken_up_with_the_salt_of_the_run(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first, fresh = (Access.make("tulip", ALICE.recipients) for _ in range(2))
    folder.protect(source, out, first, QUICK, workers=1)
    with pytest.raises(PasswordError, match="salt of the `Batch`"):
        folder.protect(source, out, fresh, QUICK, workers=1, resume=True)
    batch = Batch.prepare(QUICK, source, out, resume=True)
    access = Access.make("tulip", ALICE.recipients, salt=batch.salt)
    report = batch.run(access, workers=1)
    batch.close()
    assert all(each.resumed for each in report.outcomes)


def test_on_the_command_line_password_and_recipients_are_taken_up(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (tmp_path / "password").write_text("tulip")
    options = ("--password-file", tmp_path / "password", "--workers", "1", *QUICK_OPTIONS)
    arguments = ("protect", source, "-o", out, *options)
    check_done(run(*arguments, "-r", *ALICE.recipients))
    said = check_done(run(*arguments, "-r", *ALICE.recipients, "--resume"))
    assert "3 unchanged since an earlier run" in said
    check_refused(run(*arguments, "-r", *BOB.recipients, "--resume"), "other recipients", code=3)


def test_weak_derivations_are_opened_only_when_asked_for(tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 1), tmp_path / "out"
    weak = replace(Key.derive("tulip").derivation, time_cost=1)
    folder.protect(source, out, Key.derive("tulip", derivation=weak), QUICK, workers=1)
    back = tmp_path / "back"
    refused = folder.recover(out, back, "tulip", workers=1)
    assert "weak" in refused.outcomes[0].error
    taken_up = folder.recover(out, back, "tulip", Recover(allow_weak=True), resume=True, workers=1)
    assert not taken_up.failed
