"""Another password and other recipients from outside."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import proface
from tests.cli.people import PASSWORD, SEALED, recovered
from tests.commandline import (
    Owner,
    check_done,
    check_refused,
    contents,
    pixels,
    prompt_with,
    run,
    signer,
    write_secret,
)


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
