"""Who may open what is protected: made once for many pictures, and taken along by processes."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from proface import Access, Identity, IdentityError, Key, PasswordError, RecipientError
from proface.keys import DirectSlot
from proface.keys.slots import unwrap
from tests.keys.people import cheap_key, recipient
from tests.keys.signers import signing_key

ANNA = Identity.generate()


def new_picture(access):
    """For another process."""
    return access.new_picture(True)


def test_every_picture_gets_a_key_of_its_own_and_all_open():
    master = cheap_key("password")
    access = Access.make(master, [recipient(ANNA)])
    pictures = [access.new_picture(True) for _ in range(20)]
    assert len({key.to_bytes() for key, _ in pictures}) == 20
    for key, slots in pictures:
        assert unwrap(slots, master) == unwrap(slots, ANNA) == key


def test_a_password_is_derived_once():
    access = Access.of("password")
    assert access.key == Key.derive("password", access.key.salt)
    assert Access.of(access) is access
    assert Access.of(access.key).key is access.key


def test_with_recipients_alone_there_is_no_key():
    access = Access.make(None, recipient(ANNA))
    assert (access.key, access.recipients) == (None, ANNA.recipients)
    key, slots = access.new_picture(True)
    assert unwrap(slots, ANNA) == key


def test_the_paper_s_profiles_take_a_password_alone():
    master = cheap_key("password")
    key, [slot] = Access.make(master).new_picture(False)
    assert isinstance(slot, DirectSlot)
    assert key == master.for_picture(slot.picture_salt)
    with pytest.raises(RecipientError, match="passwords only"):
        Access.make(master, [recipient(ANNA)]).new_picture(False)
    with pytest.raises(RecipientError, match="passwords only"):
        Access.make(None, [recipient(ANNA)]).new_picture(False)


def test_access_goes_to_another_process_and_works_there(tmp_path):
    access = Access.make(cheap_key("password"), [recipient(ANNA)], signing_key(tmp_path))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        key, slots = pool.submit(new_picture, access).result()
    assert unwrap(slots, "password", allow_weak=True) == unwrap(slots, ANNA) == key
    assert pickle.loads(pickle.dumps(access)) == access


def test_access_does_not_show_its_secrets(tmp_path):
    access = Access.make(Key.from_bytes(b"s" * 32), [recipient(ANNA)], signing_key(tmp_path))
    assert "ssss" not in repr(access)
    assert repr(access) == repr(Access(recipients=ANNA.recipients))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((None,), PasswordError, "nobody could open"),
        ((None, []), PasswordError, "nobody could open"),
        (("",), PasswordError, "empty"),
        (("", [recipient(ANNA)]), PasswordError, "empty"),
        (("a", ["anna"]), RecipientError, "'anna' is no recipient"),
        ((None, [" "]), RecipientError, "'' is no recipient"),
        ((None, ANNA.recipients, "missing.pem"), IdentityError, r"cannot read missing\.pem"),
    ],
)
def test_what_cannot_be_used_is_refused_at_once(arguments, error, words):
    with pytest.raises(error, match=words):
        Access.make(*arguments)
