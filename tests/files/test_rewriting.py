"""Another manifest in a finished file: the text is exchanged, and all else is as it was."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from proface.errors import ManifestError, OutputError, PictureError
from proface.files import chunks, images
from proface.files.images import Photograph
from proface.files.rewriting import replace_manifest

FORMATS = ("PNG", "WEBP", "TIFF", "JPEG")
PICTURE = np.random.default_rng(0).integers(0, 256, (21, 34, 3), np.uint8)
ALPHA = np.random.default_rng(1).integers(0, 256, (21, 34), np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SEALS = chunks.pack([bytes(range(256)), b"odd"])
OLD = '{"old": "a <text> & \\"more\\" ' + "slot" * 30 + '"}'
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126))
TEXTS = PRINTABLE | st.builds(
    lambda unit, times: unit * times,
    st.text(st.sampled_from("<>&\"'\\;%:ab"), min_size=1),
    st.integers(0, 500),
)


def file_of(kind, text=OLD, picture=None):
    alpha = None if kind == "JPEG" else ALPHA
    photo = picture or Photograph(PICTURE, alpha, icc=SRGB)
    return images.encode(photo, kind, text, None if kind == "TIFF" else SEALS)


FILES = {kind: file_of(kind) for kind in FORMATS}


def assert_same_but_for_the_text(found, kind, text):
    before, after = images.read(FILES[kind]), images.read(found)
    assert after.manifest == text
    assert np.array_equal(after.pixels, before.pixels)
    assert (after.alpha is None) == (before.alpha is None)
    assert after.alpha is None or np.array_equal(after.alpha, before.alpha)
    assert (after.icc, after.seals, after.notes) == (before.icc, before.seals, ())
    assert after.seals == (None if kind == "TIFF" else SEALS)


@pytest.mark.parametrize("kind", FORMATS)
@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_the_text_is_exchanged_and_nothing_else(kind, text):
    found = replace_manifest(FILES[kind], text)
    assert_same_but_for_the_text(found, kind, text)
    assert b"slotslot" not in found
    assert replace_manifest(found, text) == found


@pytest.mark.parametrize("kind", FORMATS)
@given(st.lists(TEXTS, min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_many_changes_leave_no_more_than_the_last(kind, texts):
    once = data = replace_manifest(FILES[kind], texts[-1])
    for text in texts:
        data = replace_manifest(data, text)
    assert data == once


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_file_is_as_if_it_had_been_written_with_the_text(kind):
    for text in ("", "x", OLD + "<&>", "y" * 200_000):
        assert replace_manifest(FILES[kind], text) == file_of(kind, text)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("grey", [False, True])
def test_the_same_text_changes_nothing(kind, grey):
    photo = Photograph(np.repeat(PICTURE[:, :, :1], 3, axis=2) if grey else PICTURE, grey=grey)
    data = file_of(kind, picture=photo)
    assert replace_manifest(data, OLD) == data


@pytest.mark.parametrize("kind", FORMATS)
def test_what_no_manifest_can_be_is_refused(kind):
    for text in ("ö", "line\nbreak", "zero\0", "x" * (2**20 + 1)):
        with pytest.raises(OutputError, match="printable ASCII"):
            replace_manifest(FILES[kind], text)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_without_a_manifest_is_refused(kind):
    with pytest.raises(ManifestError, match="carries no proface manifest"):
        replace_manifest(file_of(kind, None), "x")


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_other_formats_are_refused(kind):
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind)
    for data in (buffer.getvalue(), b"", b"RIFF"):
        with pytest.raises(PictureError, match="no PNG, WebP, TIFF or JPEG"):
            replace_manifest(data, "x")


def png_with(*texts):
    info = PngInfo()
    for name, text, compressed in texts:
        if name == "iTXt":
            info.add_itxt("proface", text, lang="en", tkey="manifest", zip=compressed)
        else:
            info.add_text("proface", text, zip=compressed)
    info.add(b"teXt", b"Author\0kept", after_idat=True)
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, "PNG", pnginfo=info, dpi=(300, 300))
    return buffer.getvalue() + b"behind the end"


@pytest.mark.parametrize("name", ["iTXt", "tEXt"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_png_whose_text_another_program_wrote_differently(name, compressed):
    data = png_with((name, OLD, compressed))
    found = replace_manifest(data, "new")
    assert images.read(found).manifest == "new"
    others = [each for each in chunks.png_chunks(data) if not each[1].startswith(b"proface\0")]
    assert [each for each in chunks.png_chunks(found) if each[0] != b"iTXt"] == others
    assert found.endswith(b"behind the end")
    assert zlib.compress(OLD.encode()) not in found


def test_a_png_with_two_manifests_is_refused():
    with pytest.raises(ManifestError, match="2 manifests"):
        replace_manifest(png_with(("iTXt", OLD, False), ("tEXt", OLD, False)), "x")


def test_other_metadata_of_a_webp_file_stays():
    data = FILES["WEBP"]
    xmp = next(content for name, content in chunks.webp_chunks(data) if name == b"XMP ")
    more = xmp.replace(b"<rdf:Description ", b"<!-- kept --><rdf:Description ")
    packed = data[12:].replace(chunks.riff_chunk(b"XMP ", xmp), chunks.riff_chunk(b"XMP ", more))
    data = b"RIFF" + struct.pack("<I", 4 + len(packed)) + b"WEBP" + packed
    found = replace_manifest(data, "a <new> one")
    expected = [
        (name, more.replace(text(OLD), text("a <new> one")) if name == b"XMP " else content)
        for name, content in chunks.webp_chunks(data)
    ]
    assert list(chunks.webp_chunks(found)) == expected
    assert int.from_bytes(found[4:8], "little") == len(found) - 8


def text(manifest):
    escaped = manifest.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f">{escaped}</proface:manifest>".encode()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (b"</proface:manifest>", b"</proface:manifesT>", PictureError),
        (b"</rdf:RDF>", b"<proface:manifest>", ManifestError),
    ],
)
def test_a_garbled_webp_file_is_refused(old, new, error):
    data = FILES["WEBP"]
    with pytest.raises(error, match="the file that proface wrote"):
        replace_manifest(data.replace(old, new.ljust(len(old))), "x")


def test_segments_of_others_stay_in_a_jpeg_file():
    data = FILES["JPEG"]
    other = b"\xff\xea" + struct.pack(">H", 2 + 12) + b"somebody els" + b"\xff\xfe\0\x06kept"
    for place in (2, data.index(b"\xff\xdb")):
        mixed = data[:place] + other + data[place:]
        found = replace_manifest(mixed, "new")
        assert other in found
        assert b"slotslot" not in found
        assert found.index(other) - place in (0, len(found) - len(mixed))
        assert found.replace(other, b"") == file_of("JPEG", "new")


def in_order(order):
    """A TIFF file in either order of bytes, whose pixels lie behind the text."""
    magic = b"\x2a\0" if order == b"II" else b"\0\x2a"
    tags = TiffImagePlugin.ImageFileDirectory_v2(order + magic + bytes(4))
    values = {256: 34, 257: 21, 258: (8, 8, 8), 259: 1, 262: 2, 277: 3, 278: 21}
    values |= {270: f"proface:{OLD}", 273: (0,), 279: (PICTURE.nbytes,), 305: "kept"}
    for tag, value in values.items():
        if tag in (273, 279):
            tags.tagtype[tag] = 4
        tags[tag] = value
    buffer = io.BytesIO()
    tags.save(buffer)
    return buffer.getvalue() + PICTURE.tobytes()


@pytest.mark.parametrize("order", [b"II", b"MM"])
def test_tiff_files_of_either_order_of_bytes(order):
    data = in_order(order)
    assert data.startswith(order)
    for new in ("n", OLD[:-5], OLD * 50):
        found = replace_manifest(data, new)
        back = images.read(found)
        assert back.manifest == new
        assert np.array_equal(back.pixels, PICTURE)
        assert b"kept\0" in found
        assert OLD.encode() not in found[: len(data)]
        again = replace_manifest(found, OLD)
        assert replace_manifest(again, new) == found
        assert len(found) <= len(data) + len(new) + 10


def test_only_the_description_of_a_tiff_file_changes():
    data = in_order(b"MM")
    found = replace_manifest(data, "new")
    changed = [index for index, byte in enumerate(data) if byte != found[index]]
    begin = data.index(b"proface:")
    text = range(begin, begin + len(f"proface:{OLD}\0"))
    entry = [index for index in changed if index not in text]
    assert entry[-1] - entry[0] < 8  # its length and its place
    assert found[text.start : text.stop] == bytes(len(text))


def with_pages(count):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = f"proface:{OLD}"
    buffer = io.BytesIO()
    page = Image.fromarray(PICTURE)
    page.save(buffer, "TIFF", tiffinfo=tags, save_all=True, append_images=[page] * (count - 1))
    return buffer.getvalue()


def big_tiff():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270] = f"proface:{OLD}"
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, "TIFF", tiffinfo=tags, big_tiff=True)
    return buffer.getvalue()


def overlapping():
    """The description is said to begin before the directory, and to go on into it."""
    data = bytearray(FILES["TIFF"])
    place = data.index(struct.pack("<HHI", 270, 2, len(OLD) + 9)) + 4
    directory = int.from_bytes(data[4:8], "little")
    data[directory - 8 : directory] = b"proface:"
    data[place : place + 8] = struct.pack("<II", len(OLD), directory - 8)
    return bytes(data)


def ends_beyond():
    data = in_order(b"II")
    entry = struct.pack("<HHI", 270, 2, len(OLD) + 9)
    return data.replace(entry, entry[:4] + struct.pack("<I", len(data)))


@pytest.mark.parametrize("make", [lambda: with_pages(2), big_tiff, overlapping, ends_beyond])
def test_tiff_files_of_other_layouts_are_refused(make):
    with pytest.raises(PictureError, match=r"another layout|damaged"):
        replace_manifest(make(), "x")


@pytest.mark.parametrize("kind", FORMATS)
def test_files_cut_short_are_refused_or_read_no_worse(kind):
    """Whatever is left of a file: an error of ours, or a file of which as much is left."""
    data = FILES[kind]
    refused = 0
    for end in range(0, len(data), 7):
        try:
            found = replace_manifest(data[:end], "new")
        except (PictureError, ManifestError):
            refused += 1
        else:
            assert b"slotslot" not in found
    assert refused
