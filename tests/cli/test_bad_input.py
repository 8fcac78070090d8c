"""All that can be wrong with the input, from outside: one line, an exit code, nothing written."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.commandline import (
    check_done,
    check_refused,
    contents,
    pixels,
    run,
    run_process,
    write_face,
)

PASSWORD = "tulip"


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


@pytest.fixture(scope="module")
def protected(face: Path) -> Path:
    out = face.with_name("protected.png")
    arguments = ("--manifest", "detached")
    check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    return out


@pytest.fixture(scope="module")
def embedded(face: Path) -> Path:
    out = face.with_name("embedded.png")
    check_done(run("protect", face, "-o", out, password=PASSWORD))
    return out


def refused_protect(
    folder: Path, photo: Path, *words: str, arguments: tuple[Any, ...] = (), code: int = 1
) -> None:
    """Assert that protecting is refused with these words, and that no file appears or changes."""
    before = contents(folder)
    result = run("protect", photo, "-o", folder / "out.png", *arguments, password=PASSWORD)
    check_refused(result, *words, code=code)
    assert contents(folder) == before


def refused_recover(
    folder: Path, photo: Path, *words: str, arguments: tuple[Any, ...] = (), code: int = 1
) -> None:
    """The same for recovering."""
    before = contents(folder)
    result = run("recover", photo, "-o", folder / "out.png", *arguments, password=PASSWORD)
    check_refused(result, *words, code=code)
    assert contents(folder) == before


# Pictures


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


BAD_FILES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda good: b"",
    "truncated": lambda good: good[: len(good) // 2],
    "text": lambda good: b"this is not a picture\n",
    "header only": lambda good: good[:8],
    "bomb": lambda good: png_of_size(60_000, 60_000),
    "smaller bomb": lambda good: png_of_size(16_000, 16_000),
    "no pixels": lambda good: png_of_size(0, 0),
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("command", ["protect", "recover", "inspect"])
def test_files_that_hold_no_usable_picture(
    face: Path, tmp_path: Path, kind: str, command: str
) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(BAD_FILES[kind](face.read_bytes()))
    before = contents(tmp_path)
    output = () if command == "inspect" else ("-o", tmp_path / "out.png")
    result = run(command, photo, *output, password=PASSWORD)
    check_refused(result, "photo.png")
    assert contents(tmp_path) == before


def test_truncated_jpeg(face: Path, tmp_path: Path) -> None:
    with Image.open(face) as image:
        image.save(tmp_path / "whole.jpg")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((tmp_path / "whole.jpg").read_bytes()[:4000])
    refused_protect(tmp_path, photo, "photo.jpg")


def test_a_picture_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    refused_protect(tmp_path, tmp_path / "none.png", "none.png")
    check_refused(run("inspect", tmp_path / "none.png"), "none.png")
    check_refused(run("inspect", tmp_path), str(tmp_path))


def test_a_missing_picture_is_noticed_before_the_password_is_asked_for(tmp_path: Path) -> None:
    result = run_process("protect", tmp_path / "none.png", "-o", tmp_path / "out.png")
    assert result.returncode == 1
    assert "none.png" in result.stderr


def test_one_pixel_has_no_face(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (1, 1), "red").save(photo)
    refused_protect(tmp_path, photo, "no face", code=4)


def test_no_face_says_what_to_do(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.linear_gradient("L").save(photo)
    refused_protect(tmp_path, photo, "no face", "threshold", "boxes", code=4)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_an_animation(tmp_path: Path, suffix: str) -> None:
    photo = tmp_path / f"photo.{suffix}"
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "green", "blue")]
    frames[0].save(photo, save_all=True, append_images=frames[1:])
    refused_protect(tmp_path, photo, photo.name)


# Names, numbers and boxes


def test_unknown_profile_and_obfuscator_name_what_is_known(face: Path, tmp_path: Path) -> None:
    refused_protect(tmp_path, face, "'magic'", "paper-randwr", arguments=("--profile", "magic"))
    refused_protect(tmp_path, face, "'magic'", "pixelate", arguments=("--obfuscator", "magic"))
    refused_protect(tmp_path, face, "../weights", arguments=("--profile", "../weights"))


@pytest.mark.parametrize("strength", ["0", "-1", "1e9", "nan", "inf"])
def test_strength_out_of_range(face: Path, tmp_path: Path, strength: str) -> None:
    refused_protect(tmp_path, face, "strength", arguments=("--strength", strength))


@pytest.mark.parametrize("number", ["0", "-1", "101", "nan", "inf"])
@pytest.mark.parametrize("option", ["--thresh", "--mask-scale"])
def test_thresholds_and_scales_out_of_range(
    face: Path, tmp_path: Path, option: str, number: str
) -> None:
    words = ("threshold" if option == "--thresh" else "mask scale", number)
    refused_protect(tmp_path, face, *words, arguments=(option, number))


def test_unknown_provider(face: Path, tmp_path: Path) -> None:
    refused_protect(
        tmp_path, face, "AbacusProvider", "cpu", arguments=("--provider", "AbacusProvider")
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "7",
        "[]",
        "[7]",
        '[{"x": 1}]',
        '[{"x": -1, "y": 0, "width": 9, "height": 9}]',
        '[{"x": 0, "y": 0, "width": 0, "height": 9}]',
        '[{"x": 0, "y": 0, "width": 241, "height": 9}]',
        '[{"x": 0.5, "y": 0, "width": 9, "height": 9}]',
        '[{"x": "0", "y": 0, "width": 9, "height": 9}]',
        '[{"x": 1e400, "y": 0, "width": 9, "height": 9}]',
        "[" * 100_000,
    ],
)
def test_bad_boxes(face: Path, tmp_path: Path, text: str) -> None:
    boxes = tmp_path / "boxes.json"
    boxes.write_text(text)
    code = 4 if text == "[]" else 1
    refused_protect(tmp_path, face, arguments=("--boxes", boxes), code=code)


def test_missing_and_binary_boxes(face: Path, tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.json"
    refused_protect(tmp_path, face, "boxes.json", arguments=("--boxes", boxes))
    boxes.write_bytes(b"\xff\xfe\x00")
    refused_protect(tmp_path, face, "boxes.json", arguments=("--boxes", boxes))


# Passwords


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\r\nsecond", "empty"),
        (b"\xff\xfet\x00", "UTF-8"),
        (b"x" * 100_000, "4096"),
    ],
)
@pytest.mark.parametrize("command", ["protect", "recover"])
def test_bad_password_files(
    face: Path, protected: Path, tmp_path: Path, content: bytes | None, word: str, command: str
) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    refused = refused_protect if command == "protect" else refused_recover
    photo = face if command == "protect" else protected
    refused(tmp_path, photo, "secret", word, arguments=("--password-file", secret))


def test_a_folder_is_no_password_file(face: Path, tmp_path: Path) -> None:
    refused_protect(tmp_path, face, "cannot be read", arguments=("--password-file", tmp_path))


def test_an_empty_variable_or_standard_input(face: Path, tmp_path: Path) -> None:
    result = run("protect", face, "-o", tmp_path / "out.png", password="")
    check_refused(result, "PROFACE_PASSWORD", "empty")
    result = run("protect", face, "-o", tmp_path / "out.png", "--password-stdin", stdin="")
    check_refused(result, "standard input", "empty")
    assert contents(tmp_path) == {}


# Output


def occupied(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    (tmp_path / "out.png").write_text("mine")
    return face, tmp_path / "out.png"


def same_as_input(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    (tmp_path / "copy.png").write_bytes(face.read_bytes())
    return tmp_path / "copy.png", tmp_path / "copy.png"


def link_to_input(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    (tmp_path / "copy.png").write_bytes(face.read_bytes())
    (tmp_path / "link.png").symlink_to(tmp_path / "copy.png")
    return tmp_path / "copy.png", tmp_path / "link.png"


def a_folder(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    (tmp_path / "out.png").mkdir()
    return face, tmp_path / "out.png"


def nowhere(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    return face, tmp_path / "none" / "out.png"


def lossy(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    return face, tmp_path / "out.jpg"


def unknown_suffix(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    return face, tmp_path / "out.xyz"


def no_suffix(tmp_path: Path, face: Path) -> tuple[Path, Path]:
    return face, tmp_path / "out"


OUTPUTS = [
    (occupied, "exists"),
    (same_as_input, "input"),
    (link_to_input, "input"),
    (a_folder, "folder"),
    (nowhere, "none"),
    (lossy, "lossless"),
    (unknown_suffix, ".xyz"),
    (no_suffix, "out"),
]


@pytest.mark.parametrize(("prepare", "word"), OUTPUTS)
def test_outputs_are_refused_before_a_password_is_asked_for(
    face: Path,
    tmp_path: Path,
    prepare: Callable[[Path, Path], tuple[Path, Path]],
    word: str,
) -> None:
    photo, out = prepare(tmp_path, face)
    before = contents(tmp_path)
    overwrite = () if prepare is occupied else ("--overwrite",)
    for command in ("protect", "recover"):
        # No password is given and there is no terminal, so a later check would exit with 2.
        check_refused(run(command, photo, "-o", out, *overwrite), word)
    assert contents(tmp_path) == before


def test_a_detached_manifest_that_exists_is_kept(face: Path, tmp_path: Path) -> None:
    (tmp_path / "out.png.proface.json").write_text("mine")
    refused_protect(
        tmp_path, face, "out.png.proface.json", "exists", arguments=("--manifest", "detached")
    )


def test_overwrite_replaces_the_output(face: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_text("mine")
    check_done(run("protect", face, "-o", out, "--overwrite", password=PASSWORD))
    assert pixels(out).shape == (240, 240, 3)
    assert set(contents(tmp_path)) == {"out.png"}


# Manifests


def test_no_manifest(face: Path, tmp_path: Path) -> None:
    refused_recover(tmp_path, face, "no proface manifest")
    check_refused(run("inspect", face, "--json"), "no proface manifest")


def test_a_manifest_file_that_is_missing_or_binary(protected: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    refused_recover(tmp_path, protected, "manifest.json", arguments=("--manifest", manifest))
    manifest.write_bytes(b"\xff\xfe\x00")
    refused_recover(tmp_path, protected, "manifest.json", arguments=("--manifest", manifest))


@pytest.mark.parametrize("text", ["", "{", "7", "[]", "{}", '{"proface": 1}', "[" * 100_000])
def test_garbled_manifests(protected: Path, tmp_path: Path, text: str) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text)
    refused_recover(tmp_path, protected, arguments=("--manifest", manifest))
    check_refused(run("inspect", protected, "--manifest", manifest))


Facts = dict[str, Any]


def newer(facts: Facts) -> None:
    facts["proface"] = 3


def older(facts: Facts) -> None:
    facts["proface"] = 1


def weaker(facts: Facts) -> None:
    facts["slots"][0]["time_cost"] = 1


def slots_beyond_64(facts: Facts) -> None:
    facts["slots"] *= 65


def too_much_work(facts: Facts) -> None:
    facts["slots"] = [facts["slots"][0] | {"memory_kib": 2**20, "time_cost": 16}] * 2


def no_slots(facts: Facts) -> None:
    facts["slots"] = []


def short_wrapped_key(facts: Facts) -> None:
    facts["slots"][0]["wrapped"] = "AAAA"


def unknown_slot(facts: Facts) -> None:
    facts["slots"][0]["kind"] = "fingerprint"


def slot_of_the_paper(facts: Facts) -> None:
    facts["slots"][0]["algorithm"] = "paper"


def unknown_field(facts: Facts) -> None:
    facts["remark"] = "trust me"


def unknown_model(facts: Facts) -> None:
    facts["profile"] = "future-model"


def escaping_model(facts: Facts) -> None:
    facts["profile"] = "../../\x1b[31m"


def outside(facts: Facts) -> None:
    facts["faces"][0]["x"] = 10_000


def negative(facts: Facts) -> None:
    facts["faces"][0]["y"] = -1


def huge(facts: Facts) -> None:
    facts["faces"][0]["width"] = 10**30


def no_faces(facts: Facts) -> None:
    facts["faces"] = []


def costly_memory(facts: Facts) -> None:
    facts["slots"][0]["memory_kib"] = 100 * 2**20


def costly_time(facts: Facts) -> None:
    facts["slots"][0]["time_cost"] = 10**9


def costly_lanes(facts: Facts) -> None:
    facts["slots"][0]["lanes"] = 10**6


def no_salt(facts: Facts) -> None:
    facts["slots"][0]["salt"] = ""


def bad_salt(facts: Facts) -> None:
    facts["slots"][0]["salt"] = "###"


def unknown_algorithm(facts: Facts) -> None:
    facts["slots"][0]["algorithm"] = "rot13"


def no_profile(facts: Facts) -> None:
    del facts["profile"]


def null_faces(facts: Facts) -> None:
    facts["faces"] = [None]


MANIFESTS: list[tuple[Callable[[Facts], None], str]] = [
    (newer, "newer"),
    (older, "development version"),
    (weaker, "weak key derivation"),
    (slots_beyond_64, "64"),
    (too_much_work, "work"),
    (no_slots, "slots"),
    (short_wrapped_key, "slot"),
    (unknown_slot, "fingerprint"),
    (slot_of_the_paper, "paper"),
    (unknown_field, "remark"),
    (unknown_model, "future-model"),
    (escaping_model, "\\x1b"),
    (outside, ""),
    (negative, ""),
    (huge, ""),
    (no_faces, ""),
    (costly_memory, "memory_kib"),
    (costly_time, "time_cost"),
    (costly_lanes, "lanes"),
    (no_salt, "salt"),
    (bad_salt, "salt"),
    (unknown_algorithm, "rot13"),
    (no_profile, "profile"),
    (null_faces, "face"),
]


@pytest.mark.parametrize(("spoil", "word"), MANIFESTS)
def test_manifests_that_ask_for_the_impossible(
    protected: Path, tmp_path: Path, spoil: Callable[[Facts], None], word: str
) -> None:
    facts = json.loads(protected.with_name("protected.png.proface.json").read_text())
    spoil(facts)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(facts))
    refused_recover(tmp_path, protected, word, arguments=("--manifest", manifest))


def test_inspect_says_that_a_model_is_not_here(protected: Path, tmp_path: Path) -> None:
    facts = json.loads(protected.with_name("protected.png.proface.json").read_text())
    facts["profile"] = "future-model"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(facts))
    found = json.loads(check_done(run("inspect", protected, "--manifest", manifest, "--json")))
    assert found["recoverable"] is False
    [problem] = found["problems"]
    assert "future-model" in problem


# Protected pictures that were changed since


def test_saved_as_jpeg(protected: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    with Image.open(protected) as image:
        image.save(photo, quality=95)
    manifest = protected.with_name("protected.png.proface.json")
    refused_recover(tmp_path, photo, "no proface manifest", "lossy")
    refused_recover(tmp_path, photo, "JPEG", arguments=("--manifest", manifest))
    found = json.loads(check_done(run("inspect", photo, "--manifest", manifest, "--json")))
    assert found["recoverable"] is False
    assert "JPEG" in found["problems"][0]

    arguments = ("--manifest", manifest, "--accept-damage")
    refused_recover(tmp_path, photo, "does not open", arguments=arguments)


def test_resized(protected: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    with Image.open(protected) as image:
        image.resize((120, 120)).save(photo)
    manifest = protected.with_name("protected.png.proface.json")
    for more in ((), ("--accept-damage",)):
        arguments = ("--manifest", manifest, *more)
        refused_recover(tmp_path, photo, "resized", "120 x 120", "240 x 240", arguments=arguments)


def test_painted_over(protected: Path, tmp_path: Path) -> None:
    manifest = protected.with_name("protected.png.proface.json")
    [face] = json.loads(manifest.read_text())["faces"]
    photo = tmp_path / "photo.png"
    changed = pixels(protected).copy()
    changed[face["y"] + 5, face["x"] + 5] ^= 255
    Image.fromarray(changed).save(photo)
    arguments = ("--manifest", manifest)
    refused_recover(tmp_path, photo, "edited", "1 of 1", arguments=arguments)
    result = run(
        "recover", photo, "-o", tmp_path / "out.png", *arguments, "--accept-damage",
        password=PASSWORD,
    )  # fmt: skip
    check_done(result)
    assert "edited" in result.stderr


def test_saved_by_a_program_that_drops_metadata(embedded: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(pixels(embedded)).save(photo)
    refused_recover(tmp_path, photo, "no proface manifest", "metadata")


# A wrong password


def test_a_wrong_password_gives_noise_and_is_said(
    face: Path, embedded: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    result = run("recover", embedded, "-o", out, password="rose")
    assert result.exit_code == 3
    assert "NOT recovered" in result.stdout
    assert "note: the secret is wrong: the faces are noise" in result.stderr
    assert "warning: no face came back" in result.stderr
    check_noise(out, face, embedded)

    result = run("recover", embedded, "-o", out, "--json", "--overwrite", password="rose")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["key_matched"] is False


def test_silently_a_wrong_password_looks_like_the_right_one(
    face: Path, embedded: Path, tmp_path: Path
) -> None:
    said = []
    for password in (PASSWORD, "rose"):
        out = tmp_path / "out.png"
        arguments = ("recover", embedded, "-o", out, "--silent", "--json", "--overwrite")
        result = run(*arguments, password=password)
        told = json.loads(check_done(result))
        del told["seconds"], told["provider"]
        said.append((told, result.stderr))
    assert said[0] == said[1]
    assert said[0][1] == ""
    check_noise(out, face, embedded)


def test_a_wrong_password_can_be_an_error(embedded: Path, tmp_path: Path) -> None:
    arguments = ("--wrong-recovery", "error", "--silent")
    result = run("recover", embedded, "-o", tmp_path / "out.png", *arguments, password="rose")
    check_refused(result, "wrong password", code=3)
    assert contents(tmp_path) == {}


def check_noise(out: Path, face: Path, embedded: Path) -> None:
    [box] = json.loads(check_done(run("inspect", embedded, "--json")))["faces"]
    region = np.s_[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
    error = np.mean((pixels(out)[region].astype(float) - pixels(face)[region]) ** 2)
    assert 10 * np.log10(255**2 / error) < 14
