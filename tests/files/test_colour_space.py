"""What a file says of its colours, and is dropped, is told to the user."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from proface.files import images
from tests.files.test_images import png_of

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CORNERS = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
WIDE = (31_270, 32_900, 70_800, 29_200, 17_000, 79_700, 13_100, 4_600)  # of BT.2020


def gamma(value):
    return b"gAMA", struct.pack(">I", value)


def corners(values):
    return b"cHRM", struct.pack(">8I", *values)


def code_points(primaries, transfer):
    return b"cICP", bytes([primaries, transfer, 0, 1])


def notes(*chunks):
    return images.read(png_of(1, 1, 8, 2, [b"\1\2\3"], *chunks)).notes


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (gamma(45_455),),
        (gamma(45_000), corners(CORNERS)),
        (gamma(100_000), (b"sRGB", b"\0")),
        (code_points(1, 13), gamma(100_000)),
        (gamma(0),),
    ],
)
def test_usual_colours_need_no_note(chunks):
    assert notes(*chunks) == ()


@pytest.mark.parametrize(
    ("chunks", "word"),
    [
        ((gamma(100_000),), "gamma, 1,"),
        ((gamma(55_556),), "gamma, 0.55556,"),
        ((corners(WIDE),), "primary colours"),
        ((code_points(9, 16),), "HDR (PQ)"),
        ((code_points(9, 18), (b"sRGB", b"\0")), "HDR (HLG)"),
        ((code_points(12, 13),), "primaries 12"),
    ],
)
def test_unusual_colours_are_named(chunks, word):
    (note,) = notes(*chunks)
    assert word in note


def test_a_profile_is_kept_and_counts_before_gamma():
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG", icc_profile=SRGB)
    data = buffer.getvalue()
    kept = images.read(data[:33] + b"\0\0\0\x04gAMA\0\1\x86\xa0\x31\xe8\x96\x5f" + data[33:])
    assert (kept.icc, kept.notes) == (SRGB, ())


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_of_more_bits_or_wider_colours_is_noted():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "AVIF", quality=90)
    data = buffer.getvalue()
    assert images.read(data).notes == ()
    place = data.index(b"colrnclx") + 8
    hdr = data[:place] + struct.pack(">HH", 9, 16) + data[place + 4 :]
    assert "HDR (PQ)" in images.read(hdr).notes[0]


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_the_bits_of_an_avif_are_read_from_its_configuration(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "deep.avif"
    frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
    with av.open(path, "w", format="avif") as container:
        stream = container.add_stream("libsvtav1", rate=1, options={"preset": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        for packet in [*stream.encode(frame.reformat(format="yuv420p10le")), *stream.encode(None)]:
            container.mux(packet)
    assert images.read(path).notes == ("10 bits a sample were reduced to 8",)
