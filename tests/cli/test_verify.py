"""``proface verify`` from outside: what it says of sound, tampered and foreign pictures."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import proface
from proface.files import images
from proface.files.authentication import scene_digest
from proface.files.manifest import Manifest
from proface.files.rewriting import replace_manifest
from tests.commandline import (
    Owner,
    check_done,
    check_refused,
    contents,
    pixels,
    run,
    run_process,
    signer,
    write_boxes,
    write_face,
)

PASSWORD = "tulip"
SEALED = ("--profile", "sealed")


@pytest.fixture(scope="module")
def signed_by(folder: Path) -> Path:
    """The public key of who signed."""
    return signer(folder)[1]


@pytest.fixture(scope="module")
def protected(folder: Path, anna: Owner, signed_by: Path) -> Path:
    """Two faces, for a password and for Anna, signed."""
    out = folder / "protected.png"
    arguments = (*SEALED, "--boxes", write_boxes(folder / "boxes.json"))
    arguments += ("-r", anna.recipient, "--with-password", "--sign-key", folder / "signer.pem")
    face = write_face(folder / "face.png")
    check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    return out


@pytest.fixture(scope="module")
def grant(folder: Path, protected: Path, anna: Owner, carl: Owner) -> Path:
    """Face 0 for Carl."""
    out = folder / "grant.age"
    arguments = ("--face", "0", "-r", carl.recipient, "-i", anna.file, "-o", out)
    check_done(run("grant", protected, *arguments))
    return out


def verified(photo: Path, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
    """What is said of a picture, as JSON."""
    before = contents(photo.parent)
    result = run("verify", photo, *arguments, "--json", password=PASSWORD)
    assert result.exit_code == code, (result.output, result.exception)
    assert contents(photo.parent) == before
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def test_a_sound_picture_is_authentic_to_everyone_who_can_open_it(
    protected: Path, anna: Owner, signed_by: Path
) -> None:
    for secret in (("--with-password",), ("-i", anna.file)):
        said = verified(protected, *secret)
        assert said["verdict"] == "authentic"
        assert said["sentence"] == "authentic: the secret proves it"
        assert said["manifest"] == "yes"
        assert said["scene"] == "unchanged"
        assert said["problems"] == []
        assert [each["opens"] for each in said["faces"]] == ["yes", "yes"]
        assert [each["pixels"] for each in said["faces"]] == ["unchanged", "unchanged"]
        assert said["signature"] == "unknown signer"
    said = verified(protected, "--with-password", "--signer", signed_by)
    assert said["signature"] == "valid"
    assert "the signer that was named" in said["sentence"]


def test_the_report_names_the_file_and_says_each_thing_in_words(
    protected: Path, signed_by: Path
) -> None:
    result = run("verify", protected, "--with-password", "--signer", signed_by, password=PASSWORD)
    words = check_done(result)
    digest = hashlib.sha256(protected.read_bytes()).hexdigest()
    made = proface.inspect(protected).manifest.made
    for word in (
        str(protected),
        digest,
        f"{made.time}, with proface {made.version}, by the clock of the machine that did it",
        "by the clock of this machine",
        "sealed, carried by the pixels",
        "a password (Argon2id, 3 passes over 64 MiB)",
        "an identity of 1 recipient",
        "authentic: nothing that it says was changed",
        "unchanged: all that is seen outside the faces",
        "valid: made with the private key of the signer",
        "face 0       104 x 96 at 8, 8",
        "face 1       100 x 120 at 120, 100",
        "pixels unchanged",
        "opens: yes, it is the face that was protected here",
    ):
        assert word in words
    assert words.splitlines()[-1].startswith("verdict      authentic: the secret proves it")


def test_without_a_secret_nothing_is_asked_and_nothing_proved(protected: Path) -> None:
    done = run_process("verify", protected)  # there is neither a terminal nor a password
    assert done.returncode == 0, done.stderr
    assert "nothing was proved" in done.stdout.splitlines()[-1]
    assert "authentic:" not in done.stdout
    # The variable alone is not asked for its password, either.
    said = verified(protected)
    assert said["verdict"] == "not proved"
    assert said["manifest"] == "unknown"
    assert [each["opens"] for each in said["faces"]] == ["unknown", "unknown"]


def test_a_signature_proves_without_a_secret(protected: Path, signed_by: Path) -> None:
    said = verified(protected, "--signer", signed_by)
    assert said["verdict"] == "signed"
    words = check_done(run("verify", protected, "--signer", signed_by))
    assert "signed: what it says" in words
    assert "whether the faces open, only a secret can tell" in words.splitlines()[-1]


def test_another_signer_and_none_are_found(protected: Path, tmp_path: Path) -> None:
    _, other = signer(tmp_path, "other")
    said = verified(protected, "--with-password", "--signer", other, code=5)
    assert said["signature"] == "another signer"
    assert said["verdict"] == "not authentic"
    bare = write_face(tmp_path / "face.png")
    check_done(run("protect", bare, "-o", tmp_path / "out.png", *SEALED, password=PASSWORD))
    said = verified(tmp_path / "out.png", "--with-password", "--signer", other, code=5)
    assert said["signature"] == "missing"
    assert verified(tmp_path / "out.png", "--with-password")["signature"] == "none"
    for bad in (tmp_path / "other.pem", tmp_path / "nowhere.pem"):
        check_refused(run("verify", protected, "--signer", bad), bad.name)


def test_a_grant_proves_its_face_and_says_what_it_leaves_open(
    protected: Path, grant: Path, carl: Owner
) -> None:
    said = verified(protected, "--grant", grant, "-i", carl.file)
    assert said["verdict"] == "authentic"
    assert [each["opens"] for each in said["faces"]] == ["yes", "unknown"]
    assert said["sentence"].endswith("but these faces were not opened: 1")


def test_a_wrong_secret_is_none(protected: Path, carl: Owner) -> None:
    result = run("verify", protected, "--with-password", password="rose")
    check_refused(result, "wrong password", code=3)
    check_refused(run("verify", protected, "-i", carl.file), "no recipient", code=3)


# What may have been done to it. The last is which secrets notice it: w(ithout), s(ecret)


def repaint(data: bytes, place: tuple[int, int]) -> bytes:
    """The file with one sample of a pixel changed, and its manifest as it was."""
    photograph = images.read(data)
    changed = photograph.pixels.copy()
    changed[place][1] ^= 1
    bare = images.Photograph(changed)
    return images.encode(bare, "PNG", photograph.manifest)


def in_manifest(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def tamper(data: bytes) -> bytes:
        text = images.read(data).manifest
        assert text is not None
        facts = json.loads(text)
        change(facts)
        return replace_manifest(data, json.dumps(facts, separators=(",", ":")))

    return tamper


def resealed(data: bytes) -> bytes:
    """A scene of the forger's own, with a manifest that names it."""
    photograph = images.read(data)
    assert photograph.manifest is not None
    changed = photograph.pixels.copy()
    changed[230:, :60] = 0
    facts = json.loads(photograph.manifest)
    manifest = Manifest.from_json(photograph.manifest)
    boxes = [face.box for face in manifest.faces]
    facts["scene"] = scene_digest(changed, boxes, None)
    return images.encode(images.Photograph(changed), "PNG", json.dumps(facts))


def earlier(facts: dict[str, Any]) -> None:
    facts["made"]["time"] = "2020-01-01T00:00:00Z"


def other_version(facts: dict[str, Any]) -> None:
    facts["made"]["version"] = "9.9"


def other_strength(facts: dict[str, Any]) -> None:
    facts["obfuscator"]["strength"] = 39.0


def other_face(facts: dict[str, Any]) -> None:
    facts["faces"][0]["members"] = 2


def moved_face(facts: dict[str, Any]) -> None:
    facts["faces"][0]["x"] += 1


def fewer_faces(facts: dict[str, Any]) -> None:
    del facts["faces"][1]


def swapped_faces(facts: dict[str, Any]) -> None:
    facts["faces"].reverse()


def swapped_commitments(facts: dict[str, Any]) -> None:
    first, second = facts["faces"]
    first["commitment"], second["commitment"] = second["commitment"], first["commitment"]


def fewer_slots(facts: dict[str, Any]) -> None:
    facts["slots"] = facts["slots"][:1]


def unsigned(facts: dict[str, Any]) -> None:
    del facts["signature"]


def untagged(facts: dict[str, Any]) -> None:
    del facts["tag"]


TAMPERINGS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a pixel of the scene": (lambda data: repaint(data, (2, 2)), "ws"),
    "a pixel of a face": (lambda data: repaint(data, (40, 40)), "ws"),
    "another scene in picture and manifest": (resealed, "ws"),
    "the time": (in_manifest(earlier), "ws"),
    "the version": (in_manifest(other_version), "ws"),
    "the obfuscator": (in_manifest(other_strength), "ws"),
    "what a face holds": (in_manifest(other_face), "ws"),
    "a box": (in_manifest(moved_face), "ws"),
    "a face taken out": (in_manifest(fewer_faces), "ws"),
    "faces exchanged": (in_manifest(swapped_faces), "ws"),
    "commitments exchanged": (in_manifest(swapped_commitments), "ws"),
    "a recipient taken out": (in_manifest(fewer_slots), "s"),
    "the signature taken out": (in_manifest(unsigned), "s"),
    "the tag taken out": (in_manifest(untagged), "s"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_noticed(protected: Path, tmp_path: Path, name: str) -> None:
    tamper, noticed_by = TAMPERINGS[name]
    photo = tmp_path / "photo.png"
    photo.write_bytes(tamper(protected.read_bytes()))
    assert photo.read_bytes() != protected.read_bytes()
    said = verified(photo, "--with-password", code=5)
    assert said["verdict"] == "not authentic"
    assert said["problems"]
    for problem in said["problems"]:
        assert problem in said["sentence"]
    # The signature of the manifest tells without a secret what it covers.
    without = verified(photo, code=5 if "w" in noticed_by else 0)
    assert without["verdict"] == ("not authentic" if "w" in noticed_by else "not proved")
    out = tmp_path / "out.png"
    result = run("recover", photo, "-o", out, password=PASSWORD)
    assert result.exit_code == (1 if name == "a pixel of a face" else 5), result.stderr
    assert not out.exists()


def test_what_changes_nothing_is_no_tampering(protected: Path, tmp_path: Path) -> None:
    photograph = images.read(protected)
    for suffix, file_format in (("png", "PNG"), ("webp", "WEBP"), ("tif", "TIFF")):
        photo = tmp_path / f"photo.{suffix}"
        photo.write_bytes(images.encode(photograph, file_format, photograph.manifest))
        assert verified(photo, "--with-password")["verdict"] == "authentic"


def test_a_face_of_another_picture_is_noticed(
    folder: Path, protected: Path, anna: Owner, tmp_path: Path
) -> None:
    """Whoever has the same keys cannot move a face: a mosaic of two pictures for one reader."""
    other = tmp_path / "other.png"
    arguments = (*SEALED, "--boxes", folder / "boxes.json", "-r", anna.recipient)
    check_done(run("protect", folder / "face.png", "-o", other, *arguments))
    mixed = pixels(protected).copy()
    mixed[8:104, 8:112] = pixels(other)[8:104, 8:112]
    photo = tmp_path / "photo.png"
    manifest = images.read(protected).manifest
    photo.write_bytes(images.encode(images.Photograph(mixed), "PNG", manifest))
    said = verified(photo, "-i", anna.file, code=5)
    assert [each["opens"] for each in said["faces"]] == ["no", "yes"]
    assert said["scene"] == "unchanged"


def test_resaved_and_resized(protected: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(images.read(protected).manifest or "")
    with Image.open(protected) as image:
        image.save(tmp_path / "photo.jpg", quality=95)
        image.resize((120, 120)).save(tmp_path / "small.png")
    arguments = ("--with-password", "--manifest", manifest)
    said = verified(tmp_path / "photo.jpg", *arguments, code=5)
    assert said["scene"] == "unknown"  # JPEG changes every pixel
    assert said["manifest"] == "yes"
    said = verified(tmp_path / "small.png", *arguments, code=5)
    assert said["scene"] == "changed"
    words = run("verify", tmp_path / "small.png", *arguments, password=PASSWORD).stdout
    assert "the picture was resized or cropped" in words


def test_faces_in_a_jpeg_file(folder: Path, anna: Owner, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    arguments = (*SEALED, "--carrier", "file", "-r", anna.recipient)
    check_done(run("protect", folder / "face.png", "-o", photo, *arguments))
    assert verified(photo, "-i", anna.file)["sentence"] == "authentic: the secret proves it"


def test_the_paper_s_profiles_prove_nothing(folder: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    arguments = ("-o", photo, "--profile", "paper-randwr")
    check_done(run("protect", folder / "face.png", *arguments, password=PASSWORD))
    said = verified(photo, "--with-password")
    assert said["verdict"] == "not proved"
    assert said["manifest"] == "unknown"
    words = check_done(run("verify", photo, "--with-password", password="rose"))
    assert "the paper's profiles authenticate nothing" in words.splitlines()[-1]


@pytest.mark.parametrize("profile", ["randwr", "obfswr"])
def test_trained_profiles_are_checked_as_well(folder: Path, tmp_path: Path, profile: str) -> None:
    photo = tmp_path / "photo.png"
    arguments = ("-o", photo, "--profile", profile)
    check_done(run("protect", folder / "face.png", *arguments, password=PASSWORD))
    assert verified(photo, "--with-password")["verdict"] == "authentic"
    # These never show noise: a wrong password is an error of the check.
    result = run("verify", photo, "--with-password", password="rose")
    check_refused(result, "wrong password", code=3)
    [box] = proface.inspect(photo).manifest.faces
    photo.write_bytes(repaint(photo.read_bytes(), (box.box.y + 9, box.box.x + 9)))
    said = verified(photo, "--with-password", code=5)
    assert said["faces"][0]["pixels"] == "changed"


def test_what_cannot_be_verified(folder: Path, protected: Path, tmp_path: Path) -> None:
    check_refused(run("verify", folder / "face.png"), "no proface manifest")
    check_refused(run("verify", tmp_path), "no file")
    check_refused(run("verify", tmp_path / "none.png"), "none.png")
    for version, word in ((1, "development version"), (3, "newer")):
        manifest = tmp_path / "manifest.json"
        manifest.write_text(json.dumps({"proface": version}))
        check_refused(run("verify", protected, "--manifest", manifest), word)
