"""Picture files: everything users have goes in, lossless files come out, bad input is refused."""

import contextlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms, features

from proface.errors import OutputError, PictureError
from proface.files import images, opening, output
from proface.files.images import Photograph

FORMATS = ("PNG", "WEBP", "TIFF")
PICTURE = np.random.default_rng(0).integers(0, 256, (21, 34, 3), np.uint8)
ALPHA = np.random.default_rng(1).integers(0, 256, (21, 34), np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def needs(feature):
    return pytest.mark.skipif(not features.check(feature), reason=f"this Pillow has no {feature}")


def file_of(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_of(width, height, depth, colour, rows, *chunks):
    """A PNG of any depth, for what Pillow cannot write."""
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    all_chunks = [(b"IHDR", header), *chunks, (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in all_chunks
    )


def cmyk_profile():
    """An ICC profile of an odd press: without ink its paper is white, with any ink it is black."""
    identity = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    ramp = bytes(range(256))
    nodes = bytes([255, 128, 128]) + bytes([0, 128, 128]) * 15  # L*, a*, b*
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + nodes + ramp * 3
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    header = struct.pack(">II", 144 + len(table), 0) + bytes([2, 0x40, 0, 0]) + b"prtrCMYKLab "
    white = struct.pack(">3i", 63_190, 65_536, 54_061)
    header = (header + bytes(12) + b"acsp").ljust(68, b"\0") + white
    return header.ljust(128, b"\0") + tags + table


SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@st.composite
def photographs(draw):
    shape = draw(SHAPES)
    pixels = draw(arrays(np.uint8, (*shape, 3)))
    return pixels, draw(st.none() | arrays(np.uint8, shape))


@pytest.mark.parametrize("kind", FORMATS)
@given(photographs(), st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126)))
@settings(max_examples=30, deadline=None)
def test_every_format_keeps_pixels_alpha_and_manifest(kind, picture, manifest):
    pixels, alpha = picture
    back = images.read(images.encode(Photograph(pixels, alpha), kind, manifest))
    assert np.array_equal(back.pixels, pixels)
    if alpha is None or (kind == "WEBP" and alpha.min() == 255):
        assert back.alpha is None or back.alpha.min() == 255
    else:
        assert np.array_equal(back.alpha, alpha)
    assert back.manifest == manifest
    assert (back.format, back.lossy, back.notes) == (kind, False, ())


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("alpha", [None, ALPHA])
def test_grey_photographs_are_written_with_one_channel(kind, alpha):
    grey = np.repeat(PICTURE[:, :, :1], 3, axis=2)
    data = images.encode(Photograph(grey, alpha, grey=True), kind, None)
    assert Image.open(io.BytesIO(data)).mode == ("L" if alpha is None else "LA")
    back = images.read(data)
    assert back.grey
    assert np.array_equal(back.pixels, grey)
    assert alpha is None or np.array_equal(back.alpha, alpha)


def test_grey_is_the_rounded_mean_of_the_channels():
    colours = np.array([[[10, 11, 11], [10, 10, 11], [255, 255, 255]]], np.uint8)
    data = images.encode(Photograph(colours, grey=True), "PNG", None)
    assert np.asarray(Image.open(io.BytesIO(data))).tolist() == [[11, 10, 255]]


@pytest.mark.parametrize("kind", FORMATS)
def test_the_colour_profile_is_kept_where_it_fits(kind):
    back = images.read(images.encode(Photograph(PICTURE, icc=SRGB), kind, None))
    assert back.icc == SRGB


@pytest.mark.parametrize("kind", FORMATS)
def test_a_colour_profile_that_does_not_fit_is_dropped(kind):
    grey_profile = SRGB[:16] + b"GRAY" + SRGB[20:]
    for icc in (grey_profile, SRGB[:100], b"nonsense" * 30):
        back = images.read(images.encode(Photograph(PICTURE, icc=icc), kind, None))
        assert back.icc is None


@pytest.mark.parametrize("kind", FORMATS)
def test_a_large_manifest_is_refused_and_a_non_ascii_one_too(kind):
    with pytest.raises(OutputError, match="ASCII"):
        images.encode(Photograph(PICTURE), kind, "ä")
    with pytest.raises(OutputError, match="1048576"):
        images.encode(Photograph(PICTURE), kind, "x" * (2**20 + 1))
    text = "&<>\"'" + "x" * 500_000
    back = images.read(images.encode(Photograph(PICTURE), kind, text))
    assert back.manifest == text


def test_an_oversized_manifest_in_a_file_is_ignored_with_a_note():
    chunk = b"proface\0\0\0\0\0" + b"x" * (2**20 + 1)
    back = images.read(png_of(1, 1, 8, 0, [b"\7"], (b"iTXt", chunk)))
    assert back.manifest is None
    assert "longer than" in back.notes[0]


def test_webp_refuses_what_it_cannot_hold():
    with pytest.raises(OutputError, match="16383"):
        images.encode(Photograph(np.zeros((1, 16_384, 3), np.uint8)), "WEBP", None)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = np.zeros((4, 6, 3), np.uint8)
    upright[0, 0], upright[0, -1], upright[-1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180}
    undo |= {4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE}
    undo |= {6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE}
    undo |= {8: Image.Transpose.ROTATE_270}
    stored = Image.fromarray(upright)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("PNG", "TIFF"):
        photo = images.read(file_of(stored, kind, exif=exif))
        assert np.array_equal(photo.pixels, upright)


def test_all_metadata_but_profile_and_manifest_is_dropped():
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "a description", "an artist"
    image = Image.fromarray(PICTURE)
    for kind in FORMATS:
        data = images.encode(images.read(file_of(image, "JPEG", exif=exif)), kind, None)
        assert b"a description" not in data
        assert b"an artist" not in data
        # TIFF's own tags, such as the size, are no metadata.
        assert not Image.open(io.BytesIO(data)).getexif().get_ifd(0x8769)


def test_damaged_exif_data_does_not_hide_the_picture():
    data = file_of(Image.fromarray(PICTURE), "PNG", exif=b"Exif\0\0garbage that is no TIFF")
    photo = images.read(data)
    assert np.array_equal(photo.pixels, PICTURE)


@pytest.mark.parametrize(
    ("mode", "grey"), [("1", True), ("L", True), ("LA", True), ("P", False), ("RGBA", False)]
)
def test_modes(mode, grey):
    planes = np.dstack([PICTURE, ALPHA]) if mode in ("LA", "RGBA") else PICTURE
    image = Image.fromarray(planes).convert(mode)
    photo = images.read(file_of(image, "PNG"))
    assert photo.grey == grey
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    expected = np.asarray(image)[:, :, -1] if mode in ("LA", "RGBA") else None
    assert (photo.alpha is None) == (expected is None)
    assert expected is None or np.array_equal(photo.alpha, expected)


def test_transparent_palette_entries_become_alpha():
    image = Image.fromarray(PICTURE).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    opacity = bytes(range(0, 160, 10))
    photo = images.read(file_of(image, "PNG", transparency=opacity))
    expected = np.frombuffer(opacity, np.uint8)[np.asarray(image)]
    assert np.array_equal(photo.alpha, expected)
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))


def test_a_transparent_colour_becomes_alpha():
    colours = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    photo = images.read(file_of(Image.fromarray(colours), "PNG", transparency=(4, 5, 6)))
    assert photo.alpha.tolist() == [[255, 0]]
    deep = np.array([[7, 9000]], np.uint16)
    photo = images.read(file_of(Image.fromarray(deep), "PNG", transparency=9000))
    assert photo.alpha.tolist() == [[255, 0]]


def test_cmyk_without_a_profile():
    image = Image.new("CMYK", (5, 4), (255, 0, 0, 0))
    photo = images.read(file_of(image, "TIFF"))
    assert photo.pixels[0, 0].tolist() == [0, 255, 255]
    assert "without a colour profile" in photo.notes[0]


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_cmyk_is_converted_by_its_profile(kind):
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.paste((0, 0, 0, 0), (0, 8, 16, 16))
    photo = images.read(file_of(image, kind, icc_profile=cmyk_profile()))
    assert photo.pixels[0, 0].max() < 5
    assert photo.pixels[-1, -1].min() > 250
    assert photo.icc is None
    assert photo.notes == ("CMYK colours were converted to sRGB by their colour profile",)


def test_cmyk_with_a_damaged_profile():
    image = Image.new("CMYK", (5, 4), (255, 0, 0, 0))
    photo = images.read(file_of(image, "TIFF", icc_profile=b"damaged" * 30))
    assert "without a colour profile" in photo.notes[0]
    assert photo.icc is None


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_reduced_with_a_note(kind):
    deep = np.array([[0, 128, 129, 32_768, 65_535]], np.uint16)
    photo = images.read(file_of(Image.fromarray(deep), kind))
    assert photo.pixels[0, :, 0].tolist() == [0, 0, 1, 128, 255]
    assert photo.grey
    assert photo.notes == ("16 bits a sample were reduced to 8",)


def test_sixteen_bit_colour_is_reduced_with_a_note():
    row = struct.pack(">6H", 0, 0x8000, 0xFFFF, 0x1234, 0x4321, 0x0100)
    photo = images.read(png_of(2, 1, 16, 2, [row]))
    assert photo.pixels.tolist() == [[[0, 0x80, 0xFF], [0x12, 0x43, 0x01]]]
    assert photo.notes == ("16 bits a sample were reduced to 8",)


def test_what_eight_bits_cannot_hold_is_refused():
    floats = Image.fromarray(np.zeros((3, 3), np.float32))
    with pytest.raises(PictureError, match="floating-point"):
        images.read(file_of(floats, "TIFF"))
    wide = Image.fromarray(np.full((3, 3), 70_000, np.int32))
    with pytest.raises(PictureError, match="32 bits"):
        images.read(file_of(wide, "TIFF"))


@pytest.mark.parametrize(
    ("kind", "options", "lossy"),
    [
        ("JPEG", {}, True),
        pytest.param("AVIF", {}, True, marks=needs("avif")),
        pytest.param("JPEG2000", {}, True, marks=needs("jpg_2000")),
        ("WEBP", {"lossless": False}, True),
        ("WEBP", {"lossless": True}, False),
        ("WEBP", {"lossless": False, "exif": b"Exif\0\0"}, True),
        ("WEBP", {"lossless": True, "xmp": b"odd"}, False),
        ("TIFF", {"compression": "jpeg"}, True),
        ("TIFF", {"compression": "tiff_lzw"}, False),
        ("PNG", {}, False),
        ("BMP", {}, False),
        ("PPM", {}, False),
    ],
)
def test_lossy_formats_are_known(kind, options, lossy):
    photo = images.read(file_of(Image.fromarray(PICTURE), kind, **options))
    assert (photo.format, photo.lossy) == (kind, lossy)
    assert photo.pixels.shape == PICTURE.shape


def test_paths_bytes_images_and_arrays_are_the_same_picture(tmp_path):
    image = Image.fromarray(PICTURE)
    path = tmp_path / "picture.png"
    image.save(path)
    for source in (path, str(path), path.read_bytes(), image, Image.open(path), PICTURE):
        assert np.array_equal(images.read(source).pixels, PICTURE)


def test_arrays():
    grey = images.read(PICTURE[:, :, 0])
    assert grey.grey
    assert np.array_equal(grey.pixels, np.repeat(PICTURE[:, :, :1], 3, axis=2))
    transparent = images.read(np.dstack([PICTURE, ALPHA]))
    assert np.array_equal(transparent.pixels, PICTURE)
    assert np.array_equal(transparent.alpha, ALPHA)
    deep = images.read(PICTURE.astype(np.uint16) * 257)
    assert np.array_equal(deep.pixels, PICTURE)
    assert deep.notes == ("16 bits a sample were reduced to 8",)


def test_a_photograph_does_not_share_memory_with_its_source():
    source = PICTURE.copy()
    photo = images.read(source)
    source[:] = 0
    assert np.array_equal(photo.pixels, PICTURE)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 3), np.float32),
        np.zeros((2, 2), bool),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(array):
    with pytest.raises(PictureError, match="array"):
        images.read(array)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused(kind, share):
    noise = np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)
    data = file_of(Image.fromarray(noise), kind)
    with pytest.raises(PictureError):
        images.read(data[: int(len(data) * share)])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files_give_a_picture_or_a_picture_error(data):
    photo = Photograph(PICTURE, ALPHA, icc=SRGB)
    content = bytearray(images.encode(photo, data.draw(st.sampled_from(FORMATS)), "{}"))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PictureError):
        assert images.read(bytes(content)).pixels.dtype == np.uint8


def test_files_that_are_no_pictures_are_refused(tmp_path):
    with pytest.raises(PictureError, match="is empty"):
        images.read(b"")
    with pytest.raises(PictureError, match="is a video"):
        images.read(b"\0\0\0\x18ftypisom" + bytes(100))
    with pytest.raises(PictureError, match="not a picture"):
        images.read(b"a letter, not a picture " * 100)
    with pytest.raises(PictureError, match=r"cannot read.*missing"):
        images.read(tmp_path / "missing.png")
    with pytest.raises(PictureError, match="cannot read"):
        images.read(tmp_path)
    with pytest.raises(PictureError, match="cannot read"):
        images.read("a\0b")


@pytest.mark.parametrize("side", [15_900, 60_000])
def test_decompression_bombs_are_refused_before_decoding(side):
    with pytest.raises(PictureError, match="pixels"):
        images.read(png_of(side, side, 8, 0, []))


@pytest.mark.parametrize(("width", "height"), [(16_320, 12_240), (16_384, 12_288)])
def test_photographs_of_200_megapixels_are_not_too_large(width, height):
    with pytest.raises(PictureError, match="truncated"):  # so it is, but it was to be decoded
        images.read(png_of(width, height, 8, 0, []))
    assert opening.size(png_of(width, height, 8, 0, [])) == (width, height)


def test_what_is_too_large_gets_advice_that_works():
    with pytest.raises(PictureError, match=r"15900 x 15900.*250 megapixels.*smaller.*parts"):
        images.read(png_of(15_900, 15_900, 8, 0, []))


def test_pillows_limit_is_as_it_was_after_reading(monkeypatch):
    for limit in (Image.MAX_IMAGE_PIXELS, 300_000_000, 1000, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        images.read(png_of(3, 3, 8, 0, [bytes(3)] * 3))
        assert limit == Image.MAX_IMAGE_PIXELS


def test_pillows_limit_counts_where_it_is_lower_but_not_its_warning(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow warns here, and fails at 200
    assert images.read(png_of(15, 10, 8, 0, [bytes(15)] * 10)).pixels.shape == (10, 15, 3)
    with pytest.raises(PictureError, match="too many pixels"):
        images.read(png_of(15, 15, 8, 0, [bytes(15)] * 15))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_animations_are_refused(kind):
    frames = [Image.fromarray(PICTURE), Image.fromarray(255 - PICTURE)]
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:])
    words = "2 pages.*still" if kind == "TIFF" else "animation of 2 frames.*mkv"
    with pytest.raises(PictureError, match=words):
        images.read(data)


def test_of_a_phones_multi_picture_file_the_first_is_taken():
    first, preview = Image.fromarray(PICTURE), Image.new("RGB", (8, 8))
    photo = images.read(file_of(first, "MPO", save_all=True, append_images=[preview]))
    assert photo.pixels.shape == PICTURE.shape
    assert photo.lossy
    assert "further pictures" in photo.notes[0]


def test_write_makes_a_file_once(tmp_path):
    path = tmp_path / "out.png"
    output.write(path, b"one", overwrite=False)
    with pytest.raises(OutputError, match="exists already"):
        output.write(path, b"two", overwrite=False)
    assert path.read_bytes() == b"one"
    output.write(path, b"two", overwrite=True)
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["out.png"]


def test_write_never_replaces_an_input(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(b"original")
    symbolic, hard = tmp_path / "symbolic.png", tmp_path / "hard.png"
    symbolic.symlink_to(source)
    hard.hardlink_to(source)
    for path in (source, symbolic, hard, tmp_path / "." / "in.png"):
        with pytest.raises(OutputError, match="input itself"):
            output.write(path, b"new", overwrite=True, inputs=[source])
    assert source.read_bytes() == b"original"
    output.write(tmp_path / "new.png", b"new", overwrite=False, inputs=[tmp_path / "gone.png"])


def test_write_refuses_impossible_places(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere")
    refused = {
        tmp_path / "missing" / "out.png": "does not exist",
        tmp_path / "file" / "out.png": "does not exist",
        tmp_path: "is a folder",
        tmp_path / "a\0b.png": "cannot write",
        tmp_path / ("x" * 300 + ".png"): "cannot write",
        tmp_path / "dangling.png": "exists already",
    }
    for path, message in refused.items():
        with pytest.raises(OutputError, match=message):
            output.write(path, b"new", overwrite=False)
    assert sorted(os.listdir(tmp_path)) == ["dangling.png", "file"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux's /proc")
def test_write_refuses_a_folder_that_cannot_be_written():
    with pytest.raises(OutputError, match="cannot write"):
        output.write(Path("/proc/out.png"), b"new", overwrite=False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_full_disk_leaves_nothing_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    program = (
        "import resource, sys, pathlib\n"
        "from proface import errors\n"
        "from proface.files import output\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    output.write(pathlib.Path(sys.argv[1]), bytes(100_000), overwrite=True)\n"
        "except errors.OutputError:\n"
        "    sys.exit(7)\n"
    )
    result = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert result.returncode == 7
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out.png"]


def test_formats_by_suffix():
    names = {"a.png": "PNG", "a.PNG": "PNG", "a.webp": "WEBP", "a.tif": "TIFF", "a.tiff": "TIFF"}
    assert {name: images.format_for(Path(name)) for name in names} == names
    for name in ("a.jpg", "a.JPEG", "a.avif", "a.heic"):
        with pytest.raises(OutputError, match="lose information"):
            images.format_for(Path(name))
    for name in ("a", "a.bmp", ".png"):
        with pytest.raises(OutputError, match="suffix must be"):
            images.format_for(Path(name))
