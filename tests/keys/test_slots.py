"""Slots: what opens a picture, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import (
    Derivation,
    Identity,
    Key,
    ManifestError,
    PasswordError,
    PictureKey,
    RecipientError,
    WrongKeyError,
)
from proface.keys import AgeSlot, DirectSlot, Keyring, PasswordSlot
from proface.keys.recipients import encrypt
from proface.keys.slots import MAX_AGE_BYTES, check_slots, derivations, direct, unwrap, wrap
from tests.keys.people import CHEAP, cheap_key, recipient

ANNA, BERTA = Identity.generate(), Identity.generate()
BOTH = (recipient(ANNA), recipient(BERTA))
MASTER = Key.from_bytes(bytes(32))
PICTURE = PictureKey(b"p" * 32)


@settings(max_examples=25, deadline=None)
@given(picture=st.binary(min_size=32, max_size=32), password=st.text(min_size=1, max_size=20))
def test_every_slot_opens_with_its_secret_alone(picture, password):
    try:
        master = cheap_key(password)
    except PasswordError:  # lone surrogates are no text
        return
    key = PictureKey(picture)
    slots = wrap(key, master, BOTH)
    assert [type(slot) for slot in slots] == [PasswordSlot, AgeSlot]
    for secret in (master, ANNA, BERTA, Keyring(password), password):
        assert unwrap(slots, secret, allow_weak=True) == key
    for wrong in (cheap_key(password), MASTER, Identity.generate(), password + "!"):
        with pytest.raises(WrongKeyError):
            unwrap(slots, wrong, allow_weak=True)


def test_slots_are_tried_in_turn():
    slots = [*wrap(PICTURE, Key.from_bytes(b"k" * 32), ()), *wrap(PICTURE, MASTER, BOTH[:1])]
    slots += wrap(PICTURE, None, BOTH[1:])
    for secret in (MASTER, Key.from_bytes(b"k" * 32), ANNA, BERTA):
        assert unwrap(slots, secret) == PICTURE


@pytest.mark.parametrize(
    ("slots", "secret", "words"),
    [
        (wrap(PICTURE, MASTER, ()), ANNA, "for no recipient"),
        (wrap(PICTURE, None, BOTH[:1]), BERTA, "of no recipient"),
        (wrap(PICTURE, None, BOTH), "password", "for recipients only"),
        (wrap(PICTURE, MASTER, ()), Key.from_bytes(b"k" * 32), "not made for this picture"),
        (wrap(PICTURE, cheap_key("right"), ()), "wrong", "wrong password"),
        (wrap(PICTURE, MASTER, ()), "password", "wrong password"),
    ],
)
def test_why_a_secret_does_not_open_is_said(slots, secret, words):
    with pytest.raises(WrongKeyError, match=words):
        unwrap(slots, secret, allow_weak=True)


def test_there_must_be_somebody_who_can_open_it():
    with pytest.raises(PasswordError, match="nobody could open"):
        wrap(PICTURE, None, ())
    with pytest.raises(RecipientError):
        wrap(PICTURE, MASTER, ["anna"])


@pytest.mark.parametrize(
    "derivation",
    [Derivation(time_cost=2), Derivation(memory_kib=65_535), CHEAP],
)
def test_a_password_is_tried_on_no_weak_derivation_unless_that_is_allowed(derivation, monkeypatch):
    slots = wrap(PICTURE, Key.derive("password", derivation=derivation), BOTH)
    assert unwrap(slots, "password", allow_weak=True) == PICTURE
    assert unwrap(slots, ANNA) == PICTURE  # an identity is not told from what it gives

    def never(*_):
        raise AssertionError("derived")

    monkeypatch.setattr(Key, "derive", never)
    for secret in ("password", "other", Keyring("password")):
        with pytest.raises(PasswordError, match="asks for a weak key derivation") as caught:
            unwrap(slots, secret)
        assert not isinstance(caught.value, WrongKeyError)
        assert str(derivation) in str(caught.value)


def test_a_weak_slot_before_the_good_one_is_refused_too():
    """A forger may put a slot of his own first."""
    good = wrap(PICTURE, MASTER, ())
    weak = wrap(PICTURE, cheap_key("password"), ())
    with pytest.raises(PasswordError, match="weak"):
        unwrap([*weak, *good], "password")


def test_a_direct_slot_gives_a_key_to_every_password():
    key, slots = direct(MASTER, ())
    [slot] = slots
    assert isinstance(slot, DirectSlot)
    assert unwrap(slots, MASTER) == key == MASTER.for_picture(slot.picture_salt)
    _, slots = direct(cheap_key("right"), ())
    right, wrong = (unwrap(slots, each, allow_weak=True) for each in ("right", "wrong"))
    assert right != wrong
    with pytest.raises(PasswordError, match="weak"):
        unwrap(slots, "right")
    with pytest.raises(RecipientError, match="passwords only"):
        direct(MASTER, BOTH)
    with pytest.raises(PasswordError, match="need a password"):
        direct(None, ())


def test_there_are_1_to_64_slots():
    [slot] = wrap(PICTURE, MASTER, ())
    check_slots([slot] * 64)
    for count in (0, 65, 4096):
        with pytest.raises(ManifestError, match=f"{count} slots; 1 to 64"):
            check_slots([slot] * count)


def test_a_direct_slot_stands_alone():
    _, [slot] = direct(MASTER, ())
    check_slots([slot])
    for others in ([slot, slot], [*wrap(PICTURE, MASTER, BOTH), slot]):
        with pytest.raises(ManifestError, match="beside a direct one"):
            check_slots(others)


def test_all_slots_together_may_ask_for_as_much_work_as_one():
    def slot(time_cost, memory_kib):
        return PasswordSlot(Derivation("argon2id", time_cost, memory_kib), bytes(16), bytes(64))

    check_slots([slot(16, 2**20)])
    check_slots([slot(3, 65_536)] * 64)  # 12 GiB
    for slots in ([slot(16, 2**20), slot(1, 128)], [slot(5, 65_536)] * 64):
        with pytest.raises(ManifestError, match="of work; at most 16"):
            check_slots(slots)
    assert derivations([*wrap(PICTURE, MASTER, BOTH)]) == [Derivation("none")]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PasswordSlot(Derivation(), bytes(15), bytes(64)), "salt has 16 bytes, not 15"),
        (lambda: PasswordSlot(Derivation(), b"", bytes(64)), "salt has 16 bytes, not 0"),
        (lambda: PasswordSlot(Derivation("none"), bytes(3), bytes(64)), "salt has 16 bytes, not 3"),
        (lambda: PasswordSlot(Derivation(), bytes(16), bytes(63)), "in 64 bytes, not 63"),
        (lambda: PasswordSlot(Derivation("paper"), b"", bytes(64)), "paper's profiles only"),
        (lambda: DirectSlot(Derivation(), bytes(16), bytes(15)), "salt has 16 bytes, not 15"),
        (lambda: DirectSlot(Derivation(), b"", bytes(16)), "salt has 16 bytes, not 0"),
        (lambda: AgeSlot(b""), "not 0"),
        (lambda: AgeSlot(bytes(MAX_AGE_BYTES + 1)), "not 65537"),
    ],
)
def test_malformed_slots_are_refused(make, words):
    with pytest.raises(ManifestError, match=words):
        make()


@pytest.mark.parametrize("size", [0, 31, 33, 1000])
def test_an_age_file_that_holds_no_key_opens_nothing(size):
    slot = AgeSlot(encrypt(bytes(size), BOTH))
    with pytest.raises(WrongKeyError):
        unwrap([slot], ANNA)
    assert unwrap([slot, *wrap(PICTURE, None, BOTH)], ANNA) == PICTURE
