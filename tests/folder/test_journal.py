"""The journal of a run: what a kill leaves of it, and whom it refuses."""

import hashlib
import json
import os
import stat
from dataclasses import replace

import pytest

from proface import Access, Identity, Key, OptionError, OutputError, WrongKeyError
from proface.folder.journal import VERSION, Journal
from proface.folder.marks import DatedMarks
from proface.folder.search import JOURNAL_NAME
from proface.folder.staging import remove_parts
from proface.folder.tasks import Outcome
from proface.keys import Keyring, SigningKey
from tests.files.test_atomic import largest_file

SETTINGS = {"action": "protect", "strength": 8}
HEADER = (
    '{"proface_journal": 3, "settings": {}, "salt": "", "own": "AAAAAAAAAAAAAAAAAAAAAA==", '
    '"check": ""}\n'
)


@pytest.fixture
def out(tmp_path):
    journal = Journal.open(tmp_path)
    journal.begin_session(Access.make("tulip"), SETTINGS)
    for name in ("a", "b", "c"):
        journal.begin(name)
    journal.finish(Outcome("a", "done", outputs={"a.png": "0" * 64}))
    journal.finish(Outcome("b", "failed", error="it is broken"))
    journal.close()
    return tmp_path


def test_a_journal_tells_what_was_done_and_what_was_only_begun(out):
    journal = Journal.open(out)
    assert journal.outcomes["a"].outputs == {"a.png": "0" * 64}
    assert journal.outcomes["b"].status == "failed"
    assert set(journal.outcomes) == {"a", "b"}
    assert journal.written == {"a": {"0" * 64}, "b": set()}
    journal.close()


def test_results_that_were_about_to_be_put_in_place_count_as_written(out):
    journal = Journal.open(out)
    journal.ready(Outcome("c", "done", outputs={"c.png": "1" * 64}))
    journal.ready(Outcome("a", "done", outputs={"a.png": "2" * 64}))
    journal.finish(Outcome("a", "failed", error="somebody's file stands there"))
    journal.close()
    journal = Journal.open(out)
    assert journal.outcomes["c"].status == "done"
    assert journal.outcomes["a"].status == "failed"
    assert journal.written == {"a": {"0" * 64, "2" * 64}, "b": set(), "c": {"1" * 64}}
    journal.close()


def test_a_journal_says_nothing_of_machines_and_places(out):
    journal = Journal.open(out)
    outcome = Outcome("d", "failed", error="/home/jane/d.jpg is broken", worker="newsroom:71")
    journal.finish(outcome)
    journal.finish(replace(outcome, status="done"))
    journal.close()
    text = (out / JOURNAL_NAME).read_text()
    assert "newsroom" not in text
    assert '"worker":"71"' in text
    assert text.count("jane") == 1  # of what is done nothing is taken away
    assert stat.S_IMODE((out / JOURNAL_NAME).stat().st_mode) == 0o600


def test_a_full_disk_leaves_no_half_line(out):
    journal = Journal.open(out)
    size = (out / JOURNAL_NAME).stat().st_size
    with largest_file(size + 20), pytest.raises(OutputError, match="free some space"):
        journal.begin("a name that is longer than twenty characters")
    assert (out / JOURNAL_NAME).stat().st_size == size
    journal.finish(Outcome("c", "done"))
    journal.close()
    journal = Journal.open(out)
    assert set(journal.outcomes) == {"a", "b", "c"}
    journal.close()


@pytest.mark.parametrize("version", [1, VERSION - 1, VERSION + 1])
def test_a_journal_of_another_version_is_refused_and_kept(out, version):
    path = out / JOURNAL_NAME
    text = path.read_text()
    path.write_text(text.replace(f'"proface_journal":{VERSION}', f'"proface_journal":{version}'))
    before = path.read_bytes()
    with pytest.raises(OutputError, match=f"has version {version}.*move it away"):
        Journal.open(out)
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_a_kill_cut_short_counts_for_nothing(out, cut):
    path = out / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal.open(out)
    assert set(journal.outcomes) == {"a"}
    journal.finish(Outcome("b", "done"))
    journal.close()
    reopened = Journal.open(out)
    assert set(reopened.outcomes) == {"a", "b"}
    reopened.close()


def test_only_one_run_at_a_time_writes_a_journal(out):
    first = Journal.open(out)
    with pytest.raises(OutputError, match="another run"):
        Journal.open(out)
    first.close()
    Journal.open(out).close()


SECRETS = {
    "password": lambda text, salt: Access.make(text, salt=salt),
    "key": lambda text, salt: Key.from_bytes(text.encode().ljust(32)),
    "ring": lambda text, salt: Keyring(text),
}
ALICE, BOB = Identity.generate(), Identity.generate()


@pytest.mark.parametrize("kind", SECRETS)
def test_a_run_that_is_taken_up_knows_its_files_again(tmp_path, kind):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"content")
    journal = Journal.open(tmp_path)
    mark = journal.begin_session(SECRETS[kind]("tulip", None), SETTINGS).of_source(file)
    journal.close()
    journal = Journal.open(tmp_path)
    marks = journal.begin_session(SECRETS[kind]("tulip", journal.salt), SETTINGS)
    assert marks.is_same_source(file, mark)
    with pytest.raises(WrongKeyError, match="another password"):
        journal.begin_session(SECRETS[kind]("tulips", journal.salt), SETTINGS)
    with pytest.raises(WrongKeyError):
        journal.begin_session(Access(recipients=ALICE.recipients), SETTINGS)
    journal.close()


def test_the_remarks_and_the_order_of_identities_do_not_count(tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"content")
    journal = Journal.open(tmp_path)
    texts = [each.to_text() for each in (ALICE, BOB)]
    mark = journal.begin_session(Identity.parse("".join(texts)), SETTINGS).of_source(file)
    again = Identity.parse("# mine\n" + "\n".join(reversed(texts)))
    assert journal.begin_session(again, SETTINGS).is_same_source(file, mark)
    with pytest.raises(WrongKeyError):
        journal.begin_session(ALICE, SETTINGS)
    journal.close()


def test_other_recipients_or_another_signer_are_noticed_beside_a_password(tmp_path):
    sign = SigningKey(bytes(32))
    key = Key.derive("tulip")
    journal = Journal.open(tmp_path)
    access = Access(key, (*ALICE.recipients, *BOB.recipients), sign)
    journal.begin_session(access, SETTINGS)
    turned = replace(access, recipients=access.recipients[::-1])
    journal.begin_session(turned, SETTINGS)
    for other in ({"recipients": ALICE.recipients}, {"recipients": ()}, {"signing_key": None}):
        with pytest.raises(WrongKeyError, match="other recipients or another signer"):
            journal.begin_session(replace(access, **other), SETTINGS)
    journal.close()


def test_for_recipients_alone_a_journal_tells_neither_originals_nor_recipients(tmp_path):
    original = tmp_path / "a.jpg"
    original.write_bytes(b"content" * 1000)
    long_ago = original.stat().st_mtime - 1e6
    os.utime(original, (long_ago, long_ago))
    journal = Journal.open(tmp_path / "out")
    marks = journal.begin_session(Access(recipients=ALICE.recipients), SETTINGS)
    assert isinstance(marks, DatedMarks)
    journal.finish(Outcome("a.jpg", "done", mark=marks.of_source(original)))
    journal.close()
    text = (tmp_path / "out" / JOURNAL_NAME).read_text()
    content = original.read_bytes()
    for name in ("sha256", "sha1", "md5", "blake2b"):
        assert hashlib.new(name, content).hexdigest() not in text
    for telling in (*ALICE.recipients, str(len(content)), str(int(long_ago))):
        assert telling not in text
    header = json.loads(text.splitlines()[0])
    assert header["check"] == header["salt"] == ""


@pytest.mark.parametrize(
    "settings", [{"action": "protect", "strength": 9}, {"action": "protect"}, {"action": "recover"}]
)
def test_other_settings_are_refused_by_name(out, settings):
    journal = Journal.open(out)
    with pytest.raises(OptionError, match=r"another (strength|action)"):
        journal.check_settings(settings)
    journal.check_settings(SETTINGS)
    journal.close()


@pytest.mark.parametrize(
    "text",
    [
        "x\n",
        "[]\n",
        "{}\n",
        '{"proface_journal": 3}\n',
        HEADER + "[]\n",
        HEADER + '{"name": "a", "digest": "0"}\n',
        HEADER.replace('"own": "AAAAAAAAAAAAAAAAAAAAAA=="', '"own": "AAAA"'),
        HEADER.replace("{}", "[]"),
        "\xff\n",
    ],
)
def test_a_file_that_is_no_journal_is_refused_and_kept(tmp_path, text):
    path = tmp_path / JOURNAL_NAME
    path.write_text(text)
    with pytest.raises(OutputError, match="no journal"):
        Journal.open(tmp_path)
    assert path.read_text() == text


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "broken link"])
def test_a_journal_is_a_file_of_its_own(tmp_path, kind):
    path, other = tmp_path / JOURNAL_NAME, tmp_path / "other"
    other.touch()
    make = {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(other),
        "broken link": lambda: path.symlink_to("nowhere"),
    }
    make[kind]()
    with pytest.raises(OutputError, match="no file of its own"):
        Journal.open(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["other", JOURNAL_NAME]
    assert other.read_bytes() == b""


def test_a_journal_in_which_nothing_was_written_goes_again(tmp_path):
    Journal.open(tmp_path / "new").close()
    assert list((tmp_path / "new").iterdir()) == []


def test_only_what_a_kill_left_half_written_is_removed(tmp_path):
    ours = tmp_path / ".proface-0123456789abcdef.part"
    folder = tmp_path / ".proface-fedcba9876543210.part"
    folder.mkdir()
    (folder / "a.png").write_text("whole")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "b.png").write_text("mine")
    link = tmp_path / ".proface-0000000000000000.part"
    link.symlink_to(kept)
    others = [
        tmp_path / name
        for name in (".proface-0123.part", ".proface-0123456789abcdef.part.png", "a.part")
    ]
    for path in (ours, *others):
        path.write_text("half")
    times = [path.lstat().st_mtime for path in (ours, folder, link)]
    assert remove_parts({tmp_path}, min(times)) == 0
    impossible = {tmp_path / "no folder", tmp_path / ("x" * 300)}
    assert remove_parts({tmp_path, *impossible}, max(times) + 1) == 3
    assert not ours.exists()
    assert not folder.exists()
    assert not link.is_symlink()
    assert (kept / "b.png").read_text() == "mine"
    assert all(path.exists() for path in others)
