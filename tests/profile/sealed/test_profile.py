"""The profile `sealed` from outside: library and command line, through saved files."""

import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import proface
from proface import (
    Box,
    DamagedPictureError,
    Derivation,
    Key,
    Manifest,
    ManifestError,
    OptionError,
    OutputError,
    PasswordError,
)
from proface.errors import PictureError
from proface.files import chunks, images, output
from proface.profile.quality import psnr
from proface.showcase import demo
from tests.commandline import check_done, check_refused, contents, pixels, run, write_face

KEY, OTHER = Key.from_bytes(bytes(range(32))), Key.from_bytes(bytes(32))
BOXES = (Box(20, 30, 64, 64), Box(120, 90, 64, 64), Box(10, 180, 40, 50))
PASSWORD = "tulip"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


def protect(picture, **options) -> proface.Protected:
    return proface.protect(picture, KEY, profile="sealed", faces=BOXES, **options)


@pytest.fixture(scope="module")
def carried(original) -> Path:
    """Protected in pixels, saved."""
    path = original.with_name("carried.png")
    protect(original).save(path)
    return path


@pytest.fixture(scope="module")
def filed(original) -> Path:
    """Protected in the file, saved."""
    path = original.with_name("filed.png")
    protect(original, carrier="file").save(path)
    return path


def outside() -> np.ndarray:
    mask = np.ones((240, 240), bool)
    for box in BOXES:
        mask[box.window] = False
    return mask


def psnr_of_faces(first, second) -> float:
    return psnr(first[~outside()], second[~outside()])


# Forth and back


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
@pytest.mark.parametrize("manifest", ["embed", "detached"])
def test_pixels_carry_faces_through_lossless_files(original, tmp_path, suffix, manifest):
    path = tmp_path / f"protected.{suffix}"
    hidden = protect(original)
    hidden.save(path, manifest)
    before, shown = pixels(original), images.read(path).pixels
    assert (hidden.manifest.profile, hidden.manifest.carrier) == ("sealed", "pixels")
    np.testing.assert_array_equal(shown[outside()], before[outside()])
    assert psnr_of_faces(shown, before) < 30
    recovered = proface.recover(path, KEY)
    np.testing.assert_array_equal(recovered.pixels[outside()], before[outside()])
    assert psnr_of_faces(recovered.pixels, before) > 36
    assert sum("came back at" in note for note in recovered.notes) == len(BOXES)


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg"])
@pytest.mark.parametrize("manifest", ["embed", "detached"])
def test_files_carry_faces_bit_for_bit(original, tmp_path, suffix, manifest):
    path = tmp_path / f"protected.{suffix}"
    protect(original, carrier="file").save(path, manifest)
    if manifest == "detached":
        assert b"urn:proface" not in path.read_bytes()
        assert b'"picture_salt"' not in path.read_bytes()
    before = pixels(original)
    assert psnr_of_faces(pixels(path), before) < 30
    recovered = proface.recover(path, KEY).pixels
    np.testing.assert_array_equal(recovered[~outside()], before[~outside()])
    assert proface.inspect(path).problems == ()
    if suffix == "jpg":
        assert psnr(recovered[outside()], before[outside()]) > 35
    else:
        np.testing.assert_array_equal(recovered, before)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "L"])
@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_grey_and_transparent_pictures(original, tmp_path, mode, suffix):
    with Image.open(original) as image:
        source = image.convert(mode)
    if "A" in mode:
        source.putalpha(Image.linear_gradient("L").resize(source.size))
    path, back = tmp_path / f"protected.{suffix}", tmp_path / "back.png"
    protect(source, carrier="file").save(path)
    proface.recover(path, KEY).save(back)
    with Image.open(back) as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(source))


def test_edited_pixels_do_not_matter_to_the_file(filed, original, tmp_path):
    found = images.read(filed)
    edited = tmp_path / "edited.png"
    repainted = replace(found, pixels=np.full_like(found.pixels, 200))
    output.write(edited, images.encode(repainted, "PNG", found.manifest, found.seals), False)
    recovered = proface.recover(edited, KEY).pixels
    np.testing.assert_array_equal(recovered[~outside()], pixels(original)[~outside()])


def test_a_jpeg_needs_as_many_segments_as_the_faces_fill(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8)
    path = tmp_path / "noise.jpg"
    hidden = proface.protect(noise, KEY, profile="sealed", faces="whole", carrier="file")
    hidden.save(path)
    assert path.read_bytes().count(b"proface\0S") >= 5
    np.testing.assert_array_equal(proface.recover(path, KEY).pixels, noise)


def test_two_bits_recover_better_and_show_more(original):
    before = pixels(original)
    one, two = (protect(original, bits=bits) for bits in (1, 2))
    assert [face.extra["bits"] for face in two.manifest.faces] == [2, 2, 2]
    better = proface.recover(two.pixels, KEY, manifest=two.manifest).pixels
    good = proface.recover(one.pixels, KEY, manifest=one.manifest).pixels
    assert psnr_of_faces(better, before) > psnr_of_faces(good, before) + 3
    blurred = protect(original, carrier="file").pixels
    assert psnr_of_faces(two.pixels, blurred) + 3 < psnr_of_faces(one.pixels, blurred)
    assert psnr_of_faces(one.pixels, blurred) > 50


# Wrong passwords, damage


@pytest.mark.parametrize("kind", ["carried", "filed"])
def test_a_wrong_password_is_an_error_or_what_was_asked_for(kind, request):
    path = request.getfixturevalue(kind)
    shown = pixels(path)
    with pytest.raises(DamagedPictureError, match="wrong password or damaged picture"):
        proface.recover(path, OTHER)
    with pytest.raises(DamagedPictureError, match="wrong password or damaged picture"):
        proface.recover(path, OTHER, accept_damage=True)
    same = proface.recover(path, OTHER, wrong_recovery="obfuscated").pixels
    np.testing.assert_array_equal(same, shown)
    noise = proface.recover(path, OTHER, wrong_recovery="noise").pixels
    np.testing.assert_array_equal(noise[outside()], shown[outside()])
    assert psnr_of_faces(noise, shown) < 12
    right = proface.recover(path, KEY, wrong_recovery="noise").pixels
    np.testing.assert_array_equal(right, proface.recover(path, KEY).pixels)


def test_damage_to_one_face_leaves_the_others(carried, original, tmp_path):
    damaged = tmp_path / "damaged.png"
    found = images.read(carried)
    shown = found.pixels.copy()
    shown[BOXES[1].y, BOXES[1].x] ^= 1
    data = images.encode(replace(found, pixels=shown), "PNG", found.manifest)
    damaged.write_bytes(data)
    with pytest.raises(DamagedPictureError, match="1 of 3 faces have changed"):
        proface.recover(damaged, KEY)
    recovered = proface.recover(damaged, KEY, accept_damage=True)
    assert any(note.startswith("face 1 stays as it is") for note in recovered.notes)
    np.testing.assert_array_equal(recovered.pixels[BOXES[1].window], shown[BOXES[1].window])
    for box in (BOXES[0], BOXES[2]):
        assert psnr(recovered.pixels[box.window], pixels(original)[box.window]) > 32


def test_a_file_that_lost_its_chunk_says_so(filed, tmp_path):
    stripped = tmp_path / "stripped.png"
    found = images.read(filed)
    stripped.write_bytes(images.encode(found, "PNG", found.manifest))
    with pytest.raises(DamagedPictureError, match="no longer carries the sealed faces"):
        proface.recover(stripped, KEY)
    [problem] = proface.inspect(stripped).problems
    assert "no longer carries" in problem


def test_a_file_with_too_few_seals_is_refused(original, tmp_path):
    path = tmp_path / "short.png"
    hidden = protect(original, carrier="file")
    replace(hidden, seals=hidden.seals[:2]).save(path)
    with pytest.raises(ManifestError, match="2 sealed faces, its manifest 3"):
        proface.recover(path, KEY)
    assert "2 sealed faces" in proface.inspect(path).problems[0]


# Nothing can be moved or changed unnoticed


def redigested(manifest: Manifest, shown: np.ndarray) -> Manifest:
    """The manifest with digests that fit: whoever tampers can compute them."""
    faces = [
        replace(face, sha256=proface.picture.inspection.digest(shown[face.box.window]))
        for face in manifest.faces
    ]
    return replace(manifest, faces=tuple(faces))


def opens(shown: np.ndarray, manifest: Manifest) -> list[bool]:
    """Which faces open, once all digests are made to fit."""
    back = proface.recover(
        shown, KEY, manifest=redigested(manifest, shown), wrong_recovery="obfuscated"
    )
    return [not np.array_equal(back.pixels[box.window], shown[box.window]) for box in back.faces]


def test_faces_swapped_between_places_do_not_open(original):
    hidden = protect(original)
    assert opens(hidden.pixels, hidden.manifest) == [True, True, True]
    first, second = BOXES[0].window, BOXES[1].window
    swapped = hidden.pixels.copy()
    swapped[first], swapped[second] = hidden.pixels[second], hidden.pixels[first]
    assert opens(swapped, hidden.manifest) == [False, False, True]
    # With the manifest's boxes swapped along, nothing opens: all boxes are authenticated.
    a, b, c = hidden.manifest.faces
    assert opens(swapped, replace(hidden.manifest, faces=(b, a, c))) == [False] * 3


def test_faces_moved_between_pictures_do_not_open(original):
    one, two = protect(original), protect(original)
    window = BOXES[0].window
    moved = one.pixels.copy()
    moved[window] = two.pixels[window]
    assert opens(moved, one.manifest) == [False, True, True]
    assert opens(one.pixels, two.manifest) == [False] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"obfuscator": "pixelate"},
        {"strength": 3.0},
        {"grey": True},
        {"picture_salt": bytes(16)},
        {"carrier": "file"},
    ],
)
def test_every_field_of_the_manifest_is_authenticated(original, change):
    hidden = protect(original)
    manifest = replace(hidden.manifest, **change)
    if "carrier" in change:
        with pytest.raises(DamagedPictureError):
            opens(hidden.pixels, manifest)
    else:
        assert opens(hidden.pixels, manifest) == [False] * 3


def test_size_and_boxes_are_authenticated(original):
    hidden = protect(original)
    taller = np.vstack([hidden.pixels, hidden.pixels[:1]])
    assert opens(taller, replace(hidden.manifest, height=241)) == [False] * 3
    faces = hidden.manifest.faces
    assert opens(hidden.pixels, replace(hidden.manifest, faces=faces[:2])) == [False] * 2
    bits = (replace(faces[0], extra={"codec": "deflate", "bits": 2}), *faces[1:])
    assert opens(hidden.pixels, replace(hidden.manifest, faces=bits)) == [False, True, True]
    codec = (replace(faces[0], extra={"codec": "none", "bits": 1}), *faces[1:])
    assert opens(hidden.pixels, replace(hidden.manifest, faces=codec)) == [True] * 3


def test_seals_in_files_do_not_open_elsewhere(original, tmp_path):
    hidden = protect(original, carrier="file")
    one, two, three = hidden.seals
    other = protect(original, carrier="file").seals
    for seals in ((two, one, three), (other[0], other[1], three)):
        path = tmp_path / "swapped.png"
        replace(hidden, seals=seals).save(path, overwrite=True)
        back = proface.recover(path, KEY, wrong_recovery="obfuscated").pixels
        same = [np.array_equal(back[b.window], hidden.pixels[b.window]) for b in BOXES]
        assert same == [True, True, False]


def test_an_integer_strength_is_the_same_after_reading(original, tmp_path):
    path = tmp_path / "protected.png"
    protect(original, strength=12).save(path)
    assert proface.recover(path, KEY).faces == BOXES


# Bad manifests, bad chunks, options that do not fit


@pytest.mark.parametrize(
    "bits", [None, 0, 5, -1, "1", 2**40], ids=["none", "zero", "five", "minus", "text", "huge"]
)
def test_bits_from_a_stranger_are_checked(original, bits):
    hidden = protect(original)
    extra = {} if bits is None else {"bits": bits}
    faces = (replace(hidden.manifest.faces[0], extra=extra), *hidden.manifest.faces[1:])
    with pytest.raises(ManifestError, match="bits"):
        proface.recover(hidden.pixels, KEY, manifest=replace(hidden.manifest, faces=faces))


def test_manifests_that_ask_for_what_the_profile_cannot(original):
    hidden = protect(original)
    paper = replace(hidden.manifest, derivation=Derivation("paper"), salt=b"")
    with pytest.raises(ManifestError, match="paper"):
        proface.recover(hidden.pixels, PASSWORD, manifest=redigested(paper, hidden.pixels))
    flow = replace(hidden.manifest, profile="paper-randwr", carrier="file")
    with pytest.raises(ManifestError, match="carrier 'file'"):
        proface.recover(hidden.pixels, KEY, manifest=flow)
    text = hidden.manifest.to_json().replace('"carrier":"pixels"', '"carrier":"cloud"')
    with pytest.raises(ManifestError, match="carrier"):
        Manifest.from_json(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"carrier": "file", "profile": "paper-randwr"}, "carrier"),
        ({"bits": 1, "profile": "paper-randwr"}, "bits"),
        ({"carrier": "cloud"}, "cloud"),
        ({"bits": 3}, "3 bits"),
        ({"bits": 1, "carrier": "file"}, "pixels"),
    ],
)
def test_options_that_do_not_go_together(original, options, words):
    with pytest.raises(OptionError, match=words):
        proface.protect(original, KEY, **{"profile": "sealed", "faces": BOXES} | options)


def test_more_options_that_are_refused(original, carried, tmp_path):
    key = Key.derive(PASSWORD, derivation=Derivation("paper"))
    with pytest.raises(PasswordError, match="paper"):
        proface.protect(original, key, profile="sealed", faces=BOXES)
    with pytest.raises(OptionError, match="'silence'"):
        proface.recover(carried, KEY, wrong_recovery="silence")
    with pytest.raises(OutputError, match="lose information"):
        protect(original).save(tmp_path / "out.jpg")
    with pytest.raises(OutputError, match="carrier 'file'"):
        protect(original, carrier="file").save(tmp_path / "out.tif")
    clear = np.dstack([pixels(original), np.full((240, 240), 9, np.uint8)])
    with pytest.raises(OutputError, match="transparency"):
        protect(clear, carrier="file").save(tmp_path / "out.jpg")
    assert contents(tmp_path) == {}


def test_packed_seals_are_read_strictly():
    packed = chunks.pack([b"ab", b"", b"cde"])
    assert chunks.unpack(packed, 3) == [b"ab", b"", b"cde"]
    for count in (2, 4):
        with pytest.raises(ManifestError, match="sealed faces"):
            chunks.unpack(packed, count)
    for end in range(len(packed)):
        with pytest.raises(ManifestError):
            chunks.unpack(packed[:end], 3)
    for garbled in (packed + b"x", b"\2" + packed[1:], packed[:3] + b"\xff" * 4 + packed[7:]):
        with pytest.raises(ManifestError):
            chunks.unpack(garbled, 3)


def encoded(form: str) -> bytes:
    return images.encode(images.read(np.zeros((5, 7, 3), np.uint8)), form, None)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("size", [0, 1, 65_520, 65_521, 200_001])
def test_chunks_of_any_size(form, size):
    content = np.random.default_rng(size).bytes(size)
    plain = encoded(form)
    assert chunks.find(plain, "seals") is None
    data = chunks.insert(plain, "seals", content)
    assert chunks.find(data, "seals") == content
    np.testing.assert_array_equal(images.read(data).pixels, images.read(plain).pixels)


def test_damaged_chunks_are_noticed():
    png = chunks.insert(encoded("PNG"), "seals", b"content")
    with pytest.raises(PictureError, match="checksum"):
        chunks.find(png.replace(b"content", b"contend"), "seals")
    for form in ("PNG", "WEBP"):
        once = chunks.insert(encoded(form), "seals", b"content")
        with pytest.raises(PictureError, match="twice"):
            chunks.find(chunks.insert(once, "seals", b"more"), "seals")
    jpeg = chunks.insert(encoded("JPEG"), "seals", bytes(150_000))
    with pytest.raises(PictureError, match="garbled"):
        chunks.find(chunks.insert(jpeg, "seals", b"more"), "seals")
    start = jpeg.index(b"proface\0S") - 4
    with pytest.raises(PictureError, match="2 of 3 pieces"):
        chunks.find(jpeg[:start] + jpeg[start + 65_537 :], "seals")


def test_chunks_of_strangers_do_not_stop_a_photograph(original):
    junk = struct.pack(">I", 4) + b"pfSl" + b"junk" + struct.pack(">I", zlib.crc32(b"no"))
    data = original.read_bytes()
    hidden = protect(data[:-12] + junk + data[-12:])
    assert any("checksum" in note for note in hidden.notes)


# The command line


def test_commands_forth_and_back(original, tmp_path):
    hidden, back, wrong = (tmp_path / f"{name}.png" for name in ("hidden", "back", "wrong"))
    said = check_done(run("protect", original, "-o", hidden, "--profile", "sealed", password="a"))
    assert "sealed" in said
    found = json.loads(check_done(run("inspect", hidden, "--json")))
    assert (found["profile"], found["carrier"]) == ("sealed", "pixels")
    assert found["recoverable"] is True
    told = run("recover", hidden, "-o", back, password="a")
    check_done(told)
    assert "note: face 0 came back at" in told.stderr
    refused = run("recover", hidden, "-o", wrong, password="b")
    check_refused(refused, "wrong password or damaged picture")
    assert not wrong.exists()
    check_done(run("recover", hidden, "-o", wrong, "--wrong-recovery", "obfuscated", password="b"))
    np.testing.assert_array_equal(pixels(wrong), pixels(hidden))


def test_a_jpeg_by_command(original, tmp_path):
    hidden, back = tmp_path / "hidden.jpg", tmp_path / "back.png"
    options = ("--profile", "sealed", "--carrier", "file", "--json")
    done = run("protect", original, "-o", hidden, *options, password=PASSWORD)
    [box] = json.loads(check_done(done))["faces"]
    assert "as JPEG changed them" in done.stderr
    check_done(run("recover", hidden, "-o", back, password=PASSWORD))
    window = Box(**box).window
    np.testing.assert_array_equal(pixels(back)[window], pixels(original)[window])


def test_the_papers_profiles_take_no_wrong_recovery(original, tmp_path):
    protected, options = tmp_path / "protected.png", ("--profile", "paper-randwr")
    check_done(run("protect", original, "-o", protected, *options, password=PASSWORD))
    options = ("--wrong-recovery", "error")
    result = run("recover", protected, "-o", tmp_path / "back.png", *options, password=PASSWORD)
    check_refused(result, "'paper-randwr'", "no other choice", code=2)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--carrier", "file"), 2),
        (("--bits", "2"), 2),
        (("--profile", "sealed", "--bits", "3"), 2),
        (("--profile", "sealed", "--carrier", "cloud"), 2),
    ],
)
def test_usage(original, tmp_path, options, code):
    result = run("protect", original, "-o", tmp_path / "out.png", *options, password=PASSWORD)
    assert result.exit_code == code
    assert contents(tmp_path) == {}


def test_sealed_is_listed():
    assert "sealed" in proface.profiles()
    listed = json.loads(check_done(run("profiles", "--json")))["profiles"]
    [facts] = [each for each in listed if each["name"] == "sealed"]
    assert (facts["wrong_recovery"], facts["secret"], facts["licence"]) == ("error", True, "MIT")


def test_the_demonstration(original, tmp_path):
    done = demo.run(tmp_path / "demo", original, profile="sealed")
    assert done.figures.protected > 50
    assert done.figures.recovered > 40
    assert done.figures.wrong_obfuscated == done.figures.protected
    assert done.figures.identical_outside
