"""Recipients and identities from outside: keygen, protect -r, recover -i."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pyrage
import pytest

import proface
from tests.cli.people import PASSWORD, SEALED, recovered
from tests.commandline import (
    Owner,
    check_done,
    check_refused,
    contents,
    owner,
    pixels,
    run,
    run_process,
    signer,
    ssh_owner,
    write_secret,
)

# Identities


def test_keygen_writes_what_age_reads(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    result = run("keygen", "-o", path)
    assert check_done(result) == ""
    created, public, secret = path.read_text().splitlines()
    identity = pyrage.x25519.Identity.from_str(secret)
    assert public == f"# public key: {identity.to_public()}"
    assert created.startswith("# created: 2")
    assert result.stderr == f"Public key: {identity.to_public()}\n"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    age_file = pyrage.encrypt(b"a face", [identity.to_public()])
    assert pyrage.decrypt(age_file, [identity]) == b"a face"


def test_keygen_never_replaces_an_identity(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.write_text("mine")
    check_refused(run("keygen", "-o", path), "key.txt", "ever replaced")
    assert contents(tmp_path) == {"key.txt": b"mine"}
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    check_refused(run("keygen", "-o", path), "key.txt", "ever replaced")
    assert contents(tmp_path) == {}


def test_keygen_to_standard_output_is_another_one_each_time() -> None:
    for arguments in ((), ("-o", "-")):
        result = run("keygen", *arguments)
        identity = pyrage.x25519.Identity.from_str(check_done(result).splitlines()[2])
        assert f"Public key: {identity.to_public()}" in result.stderr
    assert run("keygen").stdout != run("keygen").stdout


# Recipients


def test_each_recipient_has_the_faces_back_and_nobody_else(
    face: Path, for_both: Path, anna: Owner, bert: Owner, carl: Owner, tmp_path: Path
) -> None:
    backs = [
        recovered(for_both, tmp_path / f"{each.file.stem}.png", "-i", each.file)
        for each in (anna, bert)
    ]
    np.testing.assert_array_equal(backs[0], backs[1])
    error = np.square(backs[0].astype(float) - pixels(face)).mean()
    assert 10 * np.log10(255**2 / error) > 38
    assert np.abs(pixels(for_both).astype(int) - pixels(face)).max() > 60

    out = tmp_path / "out.png"
    check_refused(run("recover", for_both, "-o", out, "-i", carl.file), "no recipient", code=3)
    result = run("recover", for_both, "-o", out, password=PASSWORD)
    check_refused(result, "recipients only", "identity", code=3)
    assert not out.exists()


def test_several_identities_are_tried(
    for_both: Path, original: np.ndarray, anna: Owner, carl: Owner, tmp_path: Path
) -> None:
    strangers = ssh_owner(tmp_path / "ssh")
    for order in ([carl, anna, strangers], [strangers, anna], [anna, carl]):
        arguments = [each for one in order for each in ("-i", one.file)]
        back = recovered(for_both, tmp_path / "out.png", *arguments, "--overwrite")
        np.testing.assert_array_equal(back, original)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys_are_recipients(face: Path, tmp_path: Path, kind: str) -> None:
    one = ssh_owner(tmp_path / "id", kind)
    for number, arguments in enumerate([("-r", one.recipient), ("-R", tmp_path / "id.pub")]):
        out = tmp_path / f"{number}.png"
        check_done(run("protect", face, "-o", out, *SEALED, *arguments))
        recovered(out, tmp_path / f"{number}-back.png", "-i", one.file)


def test_a_file_of_recipients(face: Path, anna: Owner, bert: Owner, tmp_path: Path) -> None:
    names = tmp_path / "friends.txt"
    names.write_text(f"# the newsroom\n\n{anna.recipient}\n  {bert.recipient}  \n")
    out = tmp_path / "out.png"
    # Who is named twice is one recipient.
    arguments = ("-R", names, "-r", anna.recipient, "--json")
    said = json.loads(check_done(run("protect", face, "-o", out, *SEALED, *arguments)))
    assert said["opens"] == {"password": False, "recipients": 2}
    recovered(out, tmp_path / "back.png", "-i", bert.file)


def test_the_variable_s_password_counts_beside_recipients_only_if_asked_for(
    face: Path, anna: Owner, tmp_path: Path
) -> None:
    out, back = tmp_path / "out.png", tmp_path / "back.png"
    arguments = ("protect", face, "-o", out, *SEALED, "-r", anna.recipient)
    result = run(*arguments, password=PASSWORD)
    assert "PROFACE_PASSWORD does not count" in result.stderr
    check_refused(run("recover", out, "-o", back, password=PASSWORD), "recipients only", code=3)

    result = run(*arguments, "--with-password", "--overwrite", password=PASSWORD)
    assert "the password gives the faces back, and so does an identity" in check_done(result)
    assert result.stderr == ""
    np.testing.assert_array_equal(
        recovered(out, back, password=PASSWORD),
        recovered(out, tmp_path / "anna.png", "-i", anna.file),
    )
    check_refused(
        run("recover", out, "-o", back, "--overwrite", password="rose"), "wrong password", code=3
    )


def test_a_password_file_beside_recipients_needs_no_more_asking(
    face: Path, anna: Owner, tmp_path: Path
) -> None:
    secret = write_secret(tmp_path / "password", PASSWORD)
    out = tmp_path / "out.png"
    arguments = ("-r", anna.recipient, "--password-file", secret)
    check_done(run("protect", face, "-o", out, *SEALED, *arguments))
    recovered(out, tmp_path / "back.png", password=PASSWORD)


def test_trained_profiles_take_recipients_and_say_what_is_wrong(
    face: Path, anna: Owner, carl: Owner, tmp_path: Path
) -> None:
    out, back = tmp_path / "out.png", tmp_path / "back.png"
    check_done(run("protect", face, "-o", out, "--profile", "obfswr", "-r", anna.recipient))
    recovered(out, back, "-i", anna.file)
    wrong = run("recover", out, "-o", tmp_path / "wrong.png", "-i", carl.file)
    assert wrong.exit_code == 3
    assert "stay obfuscated" in wrong.stderr
    np.testing.assert_array_equal(pixels(tmp_path / "wrong.png"), pixels(out))


def test_inspect_says_who_may_open_and_who_signed(
    face: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    sign, _ = signer(tmp_path)
    recipients = ("-r", anna.recipient, "-r", bert.recipient, "--with-password")
    arguments = (*SEALED, *recipients, "--sign-key", sign)
    check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    words = check_done(run("inspect", out))
    for word in (
        "a password (Argon2id, 3 passes over 64 MiB)",
        "2 recipients",
        "yes, with the password or an identity",
        "fits the picture",
        "with proface",
    ):
        assert word in words
    assert "WEAK" not in words
    said = json.loads(check_done(run("inspect", out, "--json")))
    password, recipients = said["slots"]
    assert password["weak"] is False
    assert password["derivation"]["memory_kib"] == 65_536
    assert recipients == {"kind": "recipients", "recipients": 2}
    assert said["signature"] == "unknown signer"
    assert len(bytes.fromhex(said["signer"])) == 32
    assert said["made"]["time"].startswith("20")


def test_a_weak_derivation_is_shown_and_refused_unless_allowed(face: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    key = proface.Key.derive(
        PASSWORD, derivation=proface.Derivation(time_cost=1, memory_kib=64, lanes=1)
    )
    proface.protect(face, key, profile="sealed").save(out)
    assert "WEAK" in check_done(run("inspect", out))
    assert json.loads(check_done(run("inspect", out, "--json")))["slots"][0]["weak"] is True
    arguments = ("recover", out, "-o", tmp_path / "back.png")
    check_refused(run(*arguments, password=PASSWORD), "weak key derivation")
    check_refused(run("verify", out, "--with-password", password=PASSWORD), "weak key derivation")
    check_done(run(*arguments, "--allow-weak-derivation", password=PASSWORD))


# Bad recipients and identities


def bad_recipients(tmp_path: Path) -> dict[str, tuple[tuple[str | Path, ...], str]]:
    anna = owner(tmp_path / "key.txt")
    secret = anna.file.read_text().splitlines()[1]
    many = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(65)]
    (tmp_path / "many.txt").write_text("\n".join(many))
    (tmp_path / "none.txt").write_text("# nobody\n")
    (tmp_path / "bad.txt").write_text(f"{anna.recipient}\nbob@example.org\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    return {
        "no recipient": (("-r", "bob@example.org"), "no recipient"),
        "garbled": (("-r", anna.recipient[:-1]), "no valid recipient"),
        "empty": (("-r", ""), "no recipient"),
        "an identity": (("-r", secret), "secret identity"),
        "an identity in small letters": (("-r", secret.lower()), "secret identity"),
        "an identity's file": (("-R", anna.file), "secret identity"),
        "too many": (("-R", tmp_path / "many.txt"), "64"),
        "a file of none": (("-R", tmp_path / "none.txt"), "none.txt"),
        "a file with a bad one": (("-R", tmp_path / "bad.txt"), "bob@example.org"),
        "a binary file": (("-R", tmp_path / "binary.txt"), "binary.txt"),
        "no file": (("-R", tmp_path / "nowhere.txt"), "nowhere.txt"),
        "a paper profile": (("-r", anna.recipient, "--profile", "paper-randwr"), "paper"),
    }


@pytest.mark.parametrize(
    "case",
    [
        *("no recipient", "garbled", "empty", "an identity", "an identity in small letters"),
        *("an identity's file", "too many", "a file of none", "a file with a bad one"),
        *("a binary file", "no file", "a paper profile"),
    ],
)
def test_bad_recipients(face: Path, tmp_path: Path, case: str) -> None:
    arguments, word = bad_recipients(tmp_path)[case]
    secret = (tmp_path / "key.txt").read_text().splitlines()[1]
    before = contents(tmp_path)
    result = run("protect", face, "-o", tmp_path / "out.png", *arguments)
    check_refused(result, word)
    assert secret.lower() not in result.stderr.lower()
    assert contents(tmp_path) == before


def encrypted_ssh(tmp_path: Path) -> Path:
    return ssh_owner(tmp_path / "id", passphrase="a long one").file


def encrypted_age(tmp_path: Path) -> Path:
    path = tmp_path / "id"
    path.write_bytes(pyrage.passphrase.encrypt(b"AGE-SECRET-KEY-1", "a long one"))
    path.chmod(0o600)
    return path


def readable_by_others(tmp_path: Path) -> Path:
    path = owner(tmp_path / "id").file
    path.chmod(0o640)
    return path


def mistyped(tmp_path: Path) -> Path:
    identity = str(pyrage.x25519.Identity.generate())
    return write_secret(tmp_path / "id", f"{identity[:-1]}\n")


def of_comments(tmp_path: Path) -> Path:
    return write_secret(tmp_path / "id", "# nothing\n")


def a_public_key(tmp_path: Path) -> Path:
    return write_secret(tmp_path / "id", owner(tmp_path / "other").recipient)


def absent(tmp_path: Path) -> Path:
    return tmp_path / "id"


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (encrypted_ssh, "passphrase"),
        (encrypted_age, "passphrase"),
        (readable_by_others, "chmod 600"),
        (mistyped, "no identity"),
        (of_comments, "no identity"),
        (a_public_key, "no identity"),
        (absent, "cannot read"),
    ],
)
def test_bad_identities(for_both: Path, tmp_path: Path, make, word: str) -> None:
    identity = make(tmp_path)
    before = contents(tmp_path)
    for command in (
        ("recover", for_both, "-o", tmp_path / "out.png"),
        ("verify", for_both),
        ("rekey", for_both, "-o", tmp_path / "out.png", "-r", owner(tmp_path / "new").recipient),
    ):
        result = run(*command, "-i", identity)
        check_refused(result, word, "id")
        assert "AGE-SECRET" not in result.stderr.replace("AGE-SECRET-KEY-1...", "")
    (tmp_path / "new").unlink()
    assert contents(tmp_path) == before


def test_secrets_that_do_not_go_together(for_both: Path, anna: Owner, tmp_path: Path) -> None:
    out = ("-o", tmp_path / "out.png")
    password = write_secret(tmp_path / "password", PASSWORD)
    grant = ("--grant", tmp_path / "grant.age")
    for arguments, word in (
        (("recover", for_both, *out, *grant), "-i"),
        (("verify", for_both, *grant), "-i"),
        (("recover", for_both, *out, "-i", anna.file, "--password-file", password), "not both"),
        (("verify", for_both, "-i", anna.file, "--with-password"), "not both"),
        (("recover", tmp_path, *out, *grant, "-i", anna.file), "folder"),
        (("grant", "-", "--face", "0", "-r", anna.recipient, "-o", "-"), "file"),
        (("rekey", "-", *out, "-i", anna.file), "name"),
        (("verify", "-"), "file"),
    ):
        check_refused(run(*arguments), word, code=2)
    assert set(contents(tmp_path)) == {"password"}


@pytest.mark.parametrize("command", ["protect", "recover", "grant", "rekey"])
def test_neither_password_nor_recipient_without_a_terminal(
    for_both: Path, anna: Owner, tmp_path: Path, command: str
) -> None:
    more = {"grant": ("--face", "0", "-r", anna.recipient), "rekey": ("-i", anna.file)}
    result = run_process(command, for_both, "-o", tmp_path / "out.png", *more.get(command, ()))
    assert result.returncode == 2
    assert "no terminal" in result.stderr
    assert contents(tmp_path) == {}


def test_a_grant_is_for_somebody(for_both: Path, anna: Owner, tmp_path: Path) -> None:
    arguments = ("grant", for_both, "--face", "0", "-o", tmp_path / "g", "-i", anna.file)
    check_refused(run(*arguments), "recipient")


# Signing keys


def test_bad_signing_keys(face: Path, tmp_path: Path) -> None:
    private, public = signer(tmp_path)
    open_to_all = tmp_path / "open.pem"
    open_to_all.write_bytes(private.read_bytes())
    open_to_all.chmod(0o644)
    garbled = write_secret(tmp_path / "garbled.pem", "no key")
    public.chmod(0o600)
    before = contents(tmp_path)
    for path, word in (
        (open_to_all, "chmod 600"),
        (garbled, "private key"),
        (public, "private key"),
        (tmp_path / "none.pem", "none.pem"),
    ):
        arguments = ("-o", tmp_path / "out.png", *SEALED, "--sign-key", path)
        check_refused(run("protect", face, *arguments, password=PASSWORD), word)
    assert contents(tmp_path) == before
