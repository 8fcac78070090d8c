"""TIFF layouts: read as another reader reads them, or refused; never garbled.

The files are written, and their samples known, by tifffile, which shares no code with Pillow.
"""

import io
import itertools
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from proface.errors import PictureError
from proface.files import images

HEIGHT, WIDTH = 37, 53
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
RAMPS = np.stack(
    [ROWS / (HEIGHT - 1), COLUMNS / (WIDTH - 1), (ROWS + COLUMNS) % 17 / 16, 1 - ROWS / HEIGHT], 2
)
"""Four planes that differ, from 0 to 1."""


def samples(bits, count):
    top = 2**bits - 1
    return np.round(RAMPS[:, :, :count] * top).astype(np.uint8 if bits == 8 else np.uint16)


def tiff(array, photometric, planes=False, **options):
    buffer = io.BytesIO()
    tiled = "tile" in options
    tifffile.imwrite(
        buffer,
        np.moveaxis(array, 2, 0) if planes else array,
        photometric=photometric,
        planarconfig="separate" if planes else "contig" if array.ndim == 3 else None,
        rowsperstrip=None if tiled else 10,
        metadata=None,
        **options,
    )
    return buffer.getvalue()


def check(data, expected, tolerance=1.01):
    photo = images.read(data)
    np.testing.assert_allclose(photo.pixels, np.broadcast_to(expected, photo.pixels.shape), 0, 2)
    assert np.abs(photo.pixels - expected).max() <= tolerance
    return photo


@pytest.mark.parametrize(
    ("bits", "planes", "order", "stored"),
    list(
        itertools.product(
            (8, 16),
            (False, True),
            "<>",
            ({}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)}),
        )
    ),
)
def test_colours_of_any_order_of_samples_and_bytes(bits, planes, order, stored):
    rgb = tiff(samples(bits, 3), "rgb", planes, byteorder=order, **stored)
    check(rgb, RAMPS[:, :, :3] * 255)
    rgba = tiff(
        samples(bits, 4), "rgb", planes, byteorder=order, extrasamples=["unassalpha"], **stored
    )
    photo = check(rgba, RAMPS[:, :, :3] * 255)
    np.testing.assert_allclose(photo.alpha, RAMPS[:, :, 3] * 255, 0, 1.01)
    cmyk = tiff(samples(bits, 4), "separated", planes, byteorder=order, **stored)
    light = (1 - RAMPS[:, :, :3]) * (1 - RAMPS[:, :, 3:])
    check(cmyk, light * 255, 2)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("bits", [8, 16])
def test_white_may_be_zero(bits, order):
    grey = samples(bits, 1)[:, :, 0]
    for stored in ({}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)}):
        data = tiff(grey, "miniswhite", byteorder=order, **stored)
        photo = check(data, 255 - RAMPS[:, :, :1] * 255)
        assert photo.grey


def test_twelve_bits_are_not_taken_for_sixteen():
    rows = np.array([[0, 4095], [2048, 1024]], np.uint16)
    packed = b"".join(struct.pack(">I", a << 12 | b)[1:] for a, b in rows.tolist())
    tags = [(256, 2), (257, 2), (258, 12), (259, 1), (262, 1), (273, 134), (277, 1), (278, 2)]
    tags.append((279, len(packed)))
    head = b"II\x2a\0" + struct.pack("<IH", 8, len(tags))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    data = (head + entries).ljust(134, b"\0") + packed
    photo = images.read(data)
    assert photo.pixels[:, :, 0].tolist() == [[0, 255], [128, 64]]
    assert photo.notes == ("12 bits a sample were reduced to 8",)


def test_grey_with_alpha_in_planes():
    data = tiff(samples(8, 2), "minisblack", True, extrasamples=["unassalpha"])
    photo = check(data, RAMPS[:, :, :1] * 255)
    np.testing.assert_allclose(photo.alpha, RAMPS[:, :, 1] * 255, 0, 1.01)


@pytest.mark.parametrize("big", [False, True])
def test_planes_keep_orientation_and_description(big):
    data = tiff(
        samples(16, 3),
        "rgb",
        True,
        bigtiff=big,
        description="proface:{}",
        extratags=[(274, 3, 1, 6, True)],
    )
    photo = check(data, np.rot90(RAMPS[:, :, :3] * 255, -1))
    assert photo.manifest == "{}"


@pytest.mark.parametrize(
    ("array", "photometric", "words"),
    [
        (samples(8, 1)[:, :, 0].astype(np.int8), "minisblack", "signed"),
        (samples(16, 3).astype(np.int16), "rgb", "signed"),
        (RAMPS[:, :, :3].astype(np.float32), "rgb", "floating-point"),
        (RAMPS[:, :, 0].astype(np.float16), "miniswhite", "floating-point"),
        (samples(16, 3).astype(np.uint32), "rgb", "32 bits"),
        (samples(16, 2), "minisblack", "2 samples"),
    ],
)
def test_what_was_not_compared_is_refused(array, photometric, words):
    extra = {"extrasamples": ["unassalpha"]} if words == "2 samples" else {}
    for planes in (False, True) if array.ndim == 3 else (False,):
        with pytest.raises(PictureError, match=words):
            images.read(tiff(array, photometric, planes, **extra))


def test_colours_at_a_lower_resolution_are_refused():
    buffer = io.BytesIO()
    Image.fromarray(samples(8, 3)).convert("YCbCr").save(buffer, "TIFF", compression="tiff_lzw")
    data = buffer.getvalue()
    images.read(data)
    place = data.index(struct.pack("<HHI", 530, 3, 2)) + 8
    with pytest.raises(PictureError, match="lower resolution"):
        images.read(data[:place] + struct.pack("<HH", 2, 2) + data[place + 4 :])


def test_an_image_that_pillow_opened_is_refused_where_pillow_misreads_it():
    image = Image.open(io.BytesIO(tiff(samples(16, 3), "rgb", True)))
    with pytest.raises(PictureError, match="give the file itself"):
        images.read(image)


def test_a_damaged_directory_of_planes_is_an_error():
    data = tiff(samples(16, 3), "rgb", True)
    for place in range(8, 200, 3):
        spoilt = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        try:
            assert images.read(spoilt).pixels.dtype == np.uint8
        except PictureError:
            continue
