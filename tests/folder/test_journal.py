"""The journal of a run: what a kill leaves of it, and whom it refuses."""

import pytest

from proface import Key, OptionError, OutputError, PasswordError
from proface.folder.journal import Journal, remove_parts
from proface.folder.plan import JOURNAL_NAME
from proface.folder.tasks import Outcome

SETTINGS = {"action": "protect", "strength": 8}


@pytest.fixture
def out(tmp_path):
    journal = Journal.open(tmp_path)
    journal.begin_session("tulip", SETTINGS)
    for name in ("a", "b", "c"):
        journal.begin(name)
    journal.finish(Outcome("a", "done", outputs={"a.png": "0" * 64}))
    journal.finish(Outcome("b", "failed", error="it is broken"))
    journal.close()
    return tmp_path


def test_a_journal_tells_what_was_done_and_what_was_only_begun(out):
    journal = Journal.open(out)
    assert journal.outcomes["a"].outputs == {"a.png": "0" * 64}
    assert journal.outcomes["b"].error == "it is broken"
    assert journal.begun == {"c"}
    journal.close()


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_a_kill_cut_short_counts_for_nothing(out, cut):
    path = out / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal.open(out)
    assert set(journal.outcomes) == {"a"}
    assert journal.begun == {"b", "c"}
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


def test_the_session_s_key_is_the_same_when_it_is_taken_up(out):
    journal = Journal.open(out)
    salt = journal.begin_session("tulip", SETTINGS).salt
    assert journal.begin_session("tulip", SETTINGS).salt == salt
    with pytest.raises(PasswordError, match="another password"):
        journal.begin_session("tulips", SETTINGS)
    journal.close()


def test_a_raw_key_is_noticed_to_be_another_too(tmp_path):
    journal = Journal.open(tmp_path)
    journal.begin_session(Key.from_bytes(bytes(32)), SETTINGS)
    with pytest.raises(PasswordError, match="another password"):
        journal.begin_session(Key.from_bytes(bytes(31) + b"1"), SETTINGS)
    journal.close()


@pytest.mark.parametrize(
    "settings", [{"action": "protect", "strength": 9}, {"action": "protect"}, {"action": "recover"}]
)
def test_other_settings_are_refused_by_name(out, settings):
    journal = Journal.open(out)
    with pytest.raises(OptionError, match=r"another (strength|action)"):
        journal.check_settings(settings)
    journal.check_settings(SETTINGS)
    journal.close()


@pytest.mark.parametrize("text", ["x\n", "[]\n", "{}\n", '{"proface_journal": 2}\n', "\xff\n"])
def test_a_file_that_is_no_journal_is_refused_and_kept(tmp_path, text):
    path = tmp_path / JOURNAL_NAME
    path.write_text(text)
    with pytest.raises(OutputError, match="no journal"):
        Journal.open(tmp_path)
    assert path.read_text() == text


def test_a_journal_in_which_nothing_was_written_goes_again(tmp_path):
    Journal.open(tmp_path / "new").close()
    assert list((tmp_path / "new").iterdir()) == []


def test_only_what_a_kill_left_half_written_is_removed(tmp_path):
    ours = tmp_path / ".proface-0123456789abcdef.part"
    others = [
        tmp_path / name
        for name in (".proface-0123.part", ".proface-0123456789abcdef.part.png", "a.part")
    ]
    for path in (ours, *others):
        path.write_text("half")
    written = ours.stat().st_mtime
    assert remove_parts({tmp_path}, written) == 0
    assert remove_parts({tmp_path}, written + 1) == 1
    assert not ours.exists()
    assert all(path.exists() for path in others)
