"""Recipients and identities from outside: keygen, protect -r, recover -i, grant, rekey."""

import base64
import json
import os
import stat
from pathlib import Path

import numpy as np
import pyrage
import pytest
from PIL import Image

import proface
from tests.commandline import (
    TWO_BOXES,
    Owner,
    check_done,
    check_refused,
    contents,
    owner,
    pixels,
    prompt_with,
    run,
    run_process,
    signer,
    ssh_owner,
    write_boxes,
    write_face,
    write_secret,
)

PASSWORD = "tulip"
SEALED = ("--profile", "sealed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def face(folder: Path) -> Path:
    return write_face(folder / "face.png")


@pytest.fixture(scope="module")
def anna(folder: Path) -> Owner:
    return owner(folder / "anna.txt")


@pytest.fixture(scope="module")
def bert(folder: Path) -> Owner:
    return owner(folder / "bert.txt")


@pytest.fixture(scope="module")
def carl(folder: Path) -> Owner:
    """Of whom no picture knows."""
    return owner(folder / "carl.txt")


@pytest.fixture(scope="module")
def for_both(folder: Path, face: Path, anna: Owner, bert: Owner) -> Path:
    """Two faces for Anna and Bert, and no password: made without a terminal to ask on."""
    out = folder / "for-both.png"
    boxes = write_boxes(folder / "boxes.json")
    recipients = ("-r", anna.recipient, "-r", bert.recipient)
    done = run_process("protect", face, "-o", out, *SEALED, "--boxes", boxes, *recipients)
    assert done.returncode == 0, done.stderr
    assert "only an identity of the 2 recipients" in done.stdout
    assert "nobody on this machine" in done.stdout
    return out


@pytest.fixture(scope="module")
def original(folder: Path, for_both: Path, anna: Owner) -> np.ndarray:
    """What comes back with everything."""
    return recovered(for_both, folder / "original.png", "-i", anna.file)


def recovered(
    photo: Path, out: Path, *arguments: str | Path, password: str | None = None
) -> np.ndarray:
    check_done(run("recover", photo, "-o", out, *arguments, password=password))
    return pixels(out)


def window(box: dict[str, int]) -> tuple[slice, slice]:
    return np.s_[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]


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


# Grants


@pytest.fixture(scope="module")
def granted(folder: Path, for_both: Path, anna: Owner, carl: Owner) -> Path:
    """Face 1 for Carl, by Anna."""
    out = folder / "face-1.age"
    arguments = ("--face", "1", "-r", carl.recipient, "-i", anna.file, "-o", out)
    said = check_done(run("grant", for_both, *arguments))
    assert "opens face 1" in said
    assert "no other face" in said
    return out


def test_a_grant_opens_one_face_and_leaves_the_other(
    for_both: Path, original: np.ndarray, granted: Path, carl: Owner, tmp_path: Path
) -> None:
    result = run(
        "recover", for_both, "-o", tmp_path / "out.png", "--grant", granted, "-i", carl.file
    )
    check_done(result)
    assert "not granted, and stay as they are: 0" in result.stderr
    back, hidden = pixels(tmp_path / "out.png"), pixels(for_both)
    closed, opened = map(window, TWO_BOXES)
    np.testing.assert_array_equal(back[opened], original[opened])
    np.testing.assert_array_equal(back[closed], hidden[closed])
    assert np.abs(back[closed].astype(int) - original[closed]).max() > 30


def test_a_grant_of_several_faces_by_password_json(face: Path, carl: Owner, tmp_path: Path) -> None:
    out, grant = tmp_path / "out.png", tmp_path / "grant.age"
    boxes = write_boxes(tmp_path / "boxes.json")
    check_done(run("protect", face, "-o", out, *SEALED, "--boxes", boxes, password=PASSWORD))
    arguments = ("--face", "1", "--face", "0", "--face", "1", "-r", carl.recipient, "--json")
    said = check_done(run("grant", out, *arguments, "-o", grant, password=PASSWORD))
    assert json.loads(said) == {"file": str(grant), "faces": [0, 1], "recipients": 1}
    whole = recovered(out, tmp_path / "whole.png", password=PASSWORD)
    back = recovered(out, tmp_path / "back.png", "--grant", grant, "-i", carl.file)
    np.testing.assert_array_equal(back, whole)


def test_a_grant_of_a_region_that_faces_share_says_so(
    face: Path, carl: Owner, tmp_path: Path
) -> None:
    out, boxes = tmp_path / "out.png", tmp_path / "boxes.json"
    second = TWO_BOXES[0] | {"x": 60, "y": 60}
    boxes.write_text(json.dumps([TWO_BOXES[0], second]))
    arguments = ("--profile", "obfswr", "--boxes", boxes)
    check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    assert "holds 2 faces" in check_done(run("inspect", out))
    arguments = ("--face", "0", "-r", carl.recipient, "-o", tmp_path / "grant.age")
    result = run("grant", out, *arguments, password=PASSWORD)
    check_done(result)
    assert "region 0 holds 2 faces, which the grant opens together" in result.stderr


def test_grants_that_open_nothing(
    for_both: Path, face: Path, granted: Path, anna: Owner, carl: Owner, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    check_done(run("protect", face, "-o", other, *SEALED, "-r", carl.recipient))
    damaged = tmp_path / "damaged.age"
    damaged.write_bytes(granted.read_bytes()[:-4] + b"face")
    no_grant = tmp_path / "no-grant.age"
    no_grant.write_bytes(pyrage.encrypt(b"[]", [pyrage.x25519.Recipient.from_str(carl.recipient)]))
    before = contents(tmp_path)
    for photo, grant, who, word in (
        (other, granted, carl, "another picture"),
        (for_both, granted, anna, "another identity"),
        (for_both, damaged, carl, "damaged"),
        (for_both, no_grant, carl, "no grant"),
        (for_both, for_both, carl, "no grant"),
        (for_both, tmp_path / "none.age", carl, "none.age"),
    ):
        arguments = ("--grant", grant, "-i", who.file)
        check_refused(run("recover", photo, "-o", tmp_path / "out.png", *arguments), word)
        check_refused(run("verify", photo, *arguments), word)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "word", "code"),
    [
        (("--face", "2"), "faces 0 to 1", 1),
        (("--face", "-1"), "", 2),
        (("--face", "one"), "", 2),
        ((), "", 2),
    ],
)
def test_faces_that_are_not_there(
    for_both: Path, anna: Owner, tmp_path: Path, arguments: tuple[str, ...], word: str, code: int
) -> None:
    more = ("-r", anna.recipient, "-i", anna.file, "-o", tmp_path / "grant.age")
    result = run("grant", for_both, *arguments, *more)
    assert result.exit_code == code
    assert word in result.stderr
    assert contents(tmp_path) == {}


def test_a_grant_replaces_nothing(for_both: Path, anna: Owner, tmp_path: Path) -> None:
    out = tmp_path / "grant.age"
    out.write_text("mine")
    arguments = ("grant", for_both, "--face", "0", "-r", anna.recipient, "-i", anna.file, "-o")
    check_refused(run(*arguments, out), "exists")
    for given in (for_both, anna.file):
        before = given.read_bytes()
        check_refused(run(*arguments, given, "--overwrite"), "input")
        assert given.read_bytes() == before
    assert contents(tmp_path) == {"grant.age": b"mine"}
    check_done(run(*arguments, out, "--overwrite"))
    assert out.read_bytes().startswith(b"age-encryption.org/v1")


def test_a_stranger_grants_nothing(for_both: Path, carl: Owner, face: Path, tmp_path: Path) -> None:
    more = ("--face", "0", "-r", carl.recipient, "-o", tmp_path / "grant.age")
    check_refused(run("grant", for_both, *more, "-i", carl.file), "no recipient", code=3)
    paper = tmp_path / "paper.png"
    arguments = ("-o", paper, "--profile", "paper-randwr")
    check_done(run("protect", face, *arguments, password=PASSWORD))
    check_refused(run("grant", paper, *more, password=PASSWORD), "paper")


# Other slots


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_rekey_changes_who_opens_and_no_pixel(
    face: Path, anna: Owner, bert: Owner, tmp_path: Path, suffix: str
) -> None:
    old, new = tmp_path / f"old.{suffix}", tmp_path / f"new.{suffix}"
    sign, public = signer(tmp_path)
    arguments = ("-r", anna.recipient, "--with-password", "--sign-key", sign)
    check_done(run("protect", face, "-o", old, *SEALED, *arguments, password=PASSWORD))
    grant = tmp_path / "grant.age"
    arguments = ("--face", "0", "-r", bert.recipient, "-i", anna.file)
    check_done(run("grant", old, "-o", grant, *arguments))
    before = old.read_bytes()
    secret = write_secret(tmp_path / "password", "rose")

    arguments = ("-r", bert.recipient, "--new-password-file", secret)
    result = run("rekey", old, "-o", new, *arguments, password=PASSWORD)
    said = check_done(result)
    assert "copies that are out keep" in result.stderr
    assert "the password gives the faces back, and so does an identity" in said
    assert old.read_bytes() == before
    np.testing.assert_array_equal(pixels(new), pixels(old))

    out = tmp_path / "out.png"
    check_refused(run("recover", new, "-o", out, password=PASSWORD), "wrong password", code=3)
    check_refused(run("recover", new, "-o", out, "-i", anna.file), "no recipient", code=3)
    back = recovered(new, out, "-i", bert.file)
    ways = (("rose", ()), (None, ("--grant", grant, "-i", bert.file)))
    for password, more in ways:
        again = recovered(new, out, *more, "--overwrite", password=password)
        np.testing.assert_array_equal(again, back)
    arguments = ("--signer", public, "--with-password")
    assert "authentic: the secret proves it, and the signer" in check_done(
        run("verify", new, *arguments, password="rose")
    )
    # The old slots are not in the new file; in the old one, they open as ever.
    recovered(old, tmp_path / "old-back.png", password=PASSWORD)
    wrapped = base64.b64encode(proface.inspect(old).manifest.slots[0].wrapped)
    assert wrapped in old.read_bytes()
    assert wrapped not in new.read_bytes()


def test_rekey_from_python(face: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.png", tmp_path / "new.png"
    proface.protect(face, PASSWORD, profile="sealed").save(old)
    manifest = proface.rekey(str(old), str(new), PASSWORD, "rose")
    assert manifest == proface.inspect(new).manifest
    np.testing.assert_array_equal(pixels(new), pixels(old))
    assert proface.verify(new, "rose").is_authentic
    with pytest.raises(proface.WrongKeyError):
        proface.verify(new, PASSWORD)
    with pytest.raises(proface.OutputError, match="exists"):
        proface.rekey(old, new, PASSWORD, "lily")
    with pytest.raises(proface.WrongKeyError):
        proface.rekey(old, new, "rose", "lily", overwrite=True)
    assert proface.inspect(new).manifest == manifest


def test_rekey_of_a_detached_manifest(face: Path, anna: Owner, bert: Owner, tmp_path: Path) -> None:
    old, new = tmp_path / "old.png", tmp_path / "new.png"
    arguments = (*SEALED, "--manifest", "detached", "-r", anna.recipient)
    check_done(run("protect", face, "-o", old, *arguments))
    before = contents(tmp_path)
    arguments = ("-i", anna.file, "-r", bert.recipient, "--json")
    said = json.loads(check_done(run("rekey", old, "-o", new, *arguments)))
    assert said["manifest"] == f"{new}.proface.json"
    assert said["opens"] == {"password": False, "recipients": 1}
    assert new.read_bytes() == old.read_bytes()
    recovered(new, tmp_path / "back.png", "-i", bert.file)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before

    kept = (tmp_path / "old.png.proface.json").rename(tmp_path / "kept.json")
    named = ("rekey", old, "-o", tmp_path / "named.png", "-i", anna.file, "-r", bert.recipient)
    check_refused(run(*named), "no proface manifest")
    check_done(run(*named, "--manifest", kept))
    recovered(tmp_path / "named.png", tmp_path / "named-back.png", "-i", bert.file)


def test_rekey_of_faces_beside_the_pixels_in_a_jpeg(
    face: Path, anna: Owner, bert: Owner, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.jpg", tmp_path / "new.jpg"
    arguments = (*SEALED, "--carrier", "file", "-r", anna.recipient)
    check_done(run("protect", face, "-o", old, *arguments))
    check_done(run("rekey", old, "-o", new, "-i", anna.file, "-r", bert.recipient))
    np.testing.assert_array_equal(pixels(new), pixels(old))
    recovered(new, tmp_path / "back.png", "-i", bert.file)


def test_rekey_asks_for_the_new_password_alone(face: Path, anna: Owner, tmp_path: Path) -> None:
    """The variable is the old one's: it never becomes the new one by accident."""
    out = tmp_path / "out.png"
    check_done(run("protect", face, "-o", out, *SEALED, "-r", anna.recipient))
    result = run("rekey", out, "-o", tmp_path / "new.png", "-i", anna.file, password=PASSWORD)
    check_refused(result, "new password", "--new-password-file", code=2)


def test_prompts_ask_for_each_password_by_its_name(face: Path, anna: Owner, tmp_path: Path) -> None:
    old, new = tmp_path / "old.png", tmp_path / "new.png"
    arguments = (*SEALED, "-r", anna.recipient, "--with-password")
    code, shown = prompt_with(["tulip", "tulip"], "protect", face, "-o", old, *arguments)
    assert code == 0, shown
    code, shown = prompt_with(["tulip", "rose", "rose"], "rekey", old, "-o", new)
    assert code == 0, shown
    assert shown.index("Password: ") < shown.index("New password: ") < shown.index("The same again")
    code, shown = prompt_with(["rose"], "verify", new, "--with-password")
    assert code == 0, shown
    assert "authentic: the secret proves it" in shown
    code, shown = prompt_with(["tulip"], "verify", new, "--with-password")
    assert code == 3, shown
    code, shown = prompt_with([], "verify", new)
    assert code == 0, shown
    assert "Password" not in shown


def test_what_rekey_refuses(
    for_both: Path, face: Path, anna: Owner, carl: Owner, tmp_path: Path
) -> None:
    protected = tmp_path / "protected.png"
    protected.write_bytes(for_both.read_bytes())
    paper = tmp_path / "paper.png"
    arguments = ("-o", paper, "--profile", "paper-randwr")
    check_done(run("protect", face, *arguments, password=PASSWORD))
    Image.fromarray(pixels(for_both)).save(tmp_path / "bare.png")
    new = ("-r", carl.recipient)
    before = contents(tmp_path)
    for photo, out, who, word, code in (
        (protected, protected, anna, "input", 1),
        (protected, tmp_path / "new.webp", anna, "PNG", 1),
        (protected, tmp_path / "new.jpg", anna, "lossless", 1),
        (protected, tmp_path / "new", anna, "new", 1),
        (protected, paper, anna, "exists", 1),
        (protected, tmp_path / "new.png", carl, "no recipient", 3),
        (tmp_path / "bare.png", tmp_path / "new.png", anna, "no proface manifest", 1),
        (tmp_path / "none.png", tmp_path / "new.png", anna, "none.png", 1),
        (paper, tmp_path / "new.png", anna, "paper", 1),
    ):
        overwrite = ("--overwrite",) if photo == out else ()
        result = run("rekey", photo, "-o", out, "-i", who.file, *new, *overwrite)
        check_refused(result, word, code=code)
        assert contents(tmp_path) == before
