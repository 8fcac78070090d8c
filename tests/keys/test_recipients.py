"""Recipients and identities: those of age and SSH, and what is none."""

import os
import pickle
from itertools import count

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Identity, IdentityError, RecipientError
from proface.keys.recipients import (
    MAX_CHARACTERS,
    check_recipients,
    encrypt,
    read_recipients,
    read_secret,
)
from tests.keys.people import recipient, ssh_key

ANNA, BERTA = Identity.generate(), Identity.generate()
BEGIN, END = (f"-----{word} OPENSSH PRIVATE KEY-----" for word in ("BEGIN", "END"))
GOOD = encrypt(b"secret", [recipient(ANNA)])


def secret_file(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200))
def test_what_is_encrypted_opens_for_its_recipients_alone(content):
    both = encrypt(content, [recipient(ANNA), recipient(BERTA)])
    assert ANNA.decrypt(both) == BERTA.decrypt(both) == content
    assert BERTA.decrypt(encrypt(content, [recipient(ANNA)])) is None


@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-b", "2048")])
def test_ssh_keys_are_recipients_and_identities(tmp_path, kind):
    path, public = ssh_key(tmp_path, *kind)
    identity = Identity.load(path)
    [checked] = check_recipients([public])
    mixed = encrypt(b"secret", [checked, recipient(ANNA)])
    assert identity.decrypt(mixed) == ANNA.decrypt(mixed) == b"secret"
    assert BERTA.decrypt(mixed) is None
    assert identity.recipients == ()
    assert Identity.parse(identity.to_text()).decrypt(mixed) == b"secret"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no recipient"),
        ("anna@example.org", "no recipient"),
        ("ssh-dss AAAA", "no recipient"),
        ("ecdsa-sha2-nistp256 AAAA", "no recipient"),
        ("ssh-ed25519", "no recipient"),
        ("ssh-ed25519 AAAA", "no valid recipient"),
        ("age1abc", "no valid recipient"),
        (recipient(ANNA)[:-1], "no valid recipient"),
        (recipient(ANNA).replace("1", "l", 1), "no recipient"),
        ("\ud800", "no recipient"),
        ("age1\ud800", "no valid recipient"),
        ("ssh-rsa \ud800", "no valid recipient"),
        (f"{recipient(ANNA)}\n{recipient(BERTA)}", "several lines"),
        ("x" * 100_000, "no recipient"),
    ],
    ids=count(),  # the keys among them are new ones each time
)
def test_what_is_no_recipient_is_refused(text, words):
    for use in (check_recipients, lambda several: encrypt(b"", several)):
        with pytest.raises(RecipientError, match=words) as caught:
            use([recipient(BERTA), text])
        assert len(str(caught.value)) < 250
        str(caught.value).encode()


def test_two_ssh_keys_in_one_text_are_refused(tmp_path):
    """The second one's owner would not be able to open anything."""
    public = ssh_key(tmp_path, "ed25519")[1] + ssh_key(tmp_path, "ed25519")[1]
    with pytest.raises(RecipientError, match="several lines"):
        check_recipients([public])


def test_an_ssh_key_that_can_be_broken_is_refused(tmp_path):
    with pytest.raises(RecipientError, match="TooSmall"):
        check_recipients([ssh_key(tmp_path, "rsa", "-b", "1024")[1]])


def test_an_identity_given_as_a_recipient_is_refused_and_not_shown(tmp_path):
    age = ANNA.to_text().splitlines()[-1]
    private = ssh_key(tmp_path, "ed25519")[0].read_text()
    for secret in (age, age.lower(), f'"{age}"', ANNA.to_text(), private):
        with pytest.raises(RecipientError, match="a secret identity was given") as caught:
            check_recipients([secret])
        assert age[20:40].lower() not in str(caught.value).lower()
        assert private[60:100] not in str(caught.value)


def test_recipients_count_once_and_up_to_64():
    texts = [recipient(Identity.generate()) for _ in range(65)]
    assert check_recipients([f" {texts[0]}\n", texts[1], texts[0]]) == tuple(texts[:2])
    assert check_recipients(texts[0]) == (texts[0],)
    assert len(check_recipients(texts[:64] * 2)) == 64
    for use in (check_recipients, lambda several: encrypt(b"", several)):
        with pytest.raises(RecipientError, match=r"65 recipients; .*64 are possible"):
            use(texts)
    with pytest.raises(RecipientError, match="0 recipients"):
        encrypt(b"", [])


def test_recipients_are_read_from_a_file(tmp_path):
    path = tmp_path / "recipients.txt"
    path.write_text(f"# the newsroom\n\n{recipient(ANNA)}\n  {recipient(BERTA)}  \n")
    assert read_recipients(path) == (recipient(ANNA), recipient(BERTA))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no recipient"),
        (b"# nobody\n", "holds no recipient"),
        (b"anna\n", "'anna' is no recipient"),
        (b"\xff\xfe", "cannot read the recipients"),
        (b"# " + b"x" * MAX_CHARACTERS, "too long"),
    ],
)
def test_a_file_without_recipients_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "recipients.txt"
    path.write_bytes(content)
    with pytest.raises(RecipientError, match=rf"recipients\.txt.*{words}|{words}.*recipients\.txt"):
        read_recipients(path)
    with pytest.raises(RecipientError, match="cannot read the recipients"):
        read_recipients(tmp_path / "missing")


def test_an_identity_is_written_as_age_keygen_writes_it(tmp_path):
    text = ANNA.to_text()
    created, public, secret = text.splitlines()
    assert created.startswith("# created: 20")
    assert public == f"# public key: {recipient(ANNA)}"
    assert secret.startswith("AGE-SECRET-KEY-1")
    assert str(pyrage.x25519.Identity.from_str(secret).to_public()) == recipient(ANNA)
    loaded = Identity.load(secret_file(tmp_path / "key.txt", text))
    assert loaded.decrypt(encrypt(b"secret", [recipient(ANNA)])) == b"secret"


def test_a_file_may_hold_several_identities(tmp_path):
    path = secret_file(tmp_path / "keys.txt", f"{ANNA.to_text()}\n\n{BERTA.to_text()}")
    both = Identity.load(path)
    assert both.recipients == (recipient(ANNA), recipient(BERTA))
    for each in (ANNA, BERTA):
        assert both.decrypt(encrypt(b"secret", [recipient(each)])) == b"secret"
    assert Identity.parse(both.to_text()).recipients == both.recipients


def test_an_identity_is_pickled_and_not_shown():
    assert pickle.loads(pickle.dumps(ANNA)) == ANNA
    assert "AGE" not in repr(ANNA)
    assert str(ANNA) == repr(ANNA)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no identity"),
        ("# nothing\n", "no identity"),
        (recipient(ANNA), "no identity"),
        ("AGE-SECRET-KEY-1QQQQ", "no identity"),
        (f"{ANNA.to_text()}AGE-SECRET-KEY-1QQQQ", "no identity"),
        (f"{BEGIN}\nAAAA\n{END}", "SSH key cannot be used"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n", "passphrase"),
        ("age-encryption.org/v1\n-> scrypt", "passphrase"),
        ("\0\ud800", "no identity"),
        (f"{BEGIN}\n\ud800\n{END}", "SSH key cannot be used"),
    ],
    ids=count(),
)
def test_what_is_no_identity_is_refused(text, words):
    with pytest.raises(IdentityError, match=words) as caught:
        Identity.parse(text)
    assert "QQQQ" not in str(caught.value)


def test_encrypted_identities_are_refused_with_what_to_do(tmp_path):
    path, _ = ssh_key(tmp_path, "ed25519", passphrase="a passphrase")
    with pytest.raises(IdentityError, match=r"ed25519-0: .*without a passphrase"):
        Identity.load(path)
    age = tmp_path / "key.age"
    age.write_bytes(pyrage.passphrase.encrypt(ANNA.to_text().encode(), "a passphrase"))
    age.chmod(0o600)
    with pytest.raises(IdentityError, match=r"key\.age: .*`age -d`"):
        Identity.load(age)


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604, 0o660, 0o777])
def test_a_secret_that_others_may_read_is_refused(tmp_path, mode):
    path = secret_file(tmp_path / "key.txt", ANNA.to_text())
    path.chmod(mode)
    with pytest.raises(IdentityError, match=rf"others may read it \(mode 0{mode:o}\).*chmod 600"):
        Identity.load(path)
    for right in (0o600, 0o400, 0o700):
        path.chmod(right)
        assert Identity.load(path).recipients == ANNA.recipients


def test_files_that_are_no_secrets_are_refused(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(IdentityError, match="cannot read"):
            Identity.load(path)
    long = secret_file(tmp_path / "long", "#" * (MAX_CHARACTERS + 1))
    with pytest.raises(IdentityError, match="too long"):
        read_secret(long)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_garbled_age_files_open_for_nobody(data):
    spoilt = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        spoilt[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(GOOD)) | st.just(len(GOOD)))
    opened = ANNA.decrypt(bytes(spoilt[:end]))
    assert opened is None or bytes(spoilt[:end]) == GOOD
    assert ANNA.decrypt(data.draw(st.binary(max_size=300))) is None
