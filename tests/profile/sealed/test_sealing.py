import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from proface.errors import DamagedPictureError, PictureError, ProfaceError
from proface.keys import FaceKey, PictureKey
from proface.profile.sealed import low_bits, sealing
from tests.profile.sealed.samples import KEY, noise, psnr, smooth_face
from tests.shared import shared

BOUND = b'{"manifest": 1}'
REFUSED = "the sealed face does not open"


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(8, 70),
    width=st.integers(8, 70),
    bits=st.sampled_from([1, 2]),
    secret=st.binary(min_size=32, max_size=32),
)
@example(height=8, width=8, bits=1, secret=bytes(32))
@example(height=9, width=11, bits=2, secret=bytes(32))
@example(height=27, width=113, bits=1, secret=bytes(32))
@example(height=112, width=112, bits=1, secret=bytes(32))
@example(height=8, width=999, bits=1, secret=bytes(32))
def test_a_face_comes_back_at_every_size(height, width, bits, secret):
    key = FaceKey(secret)
    original, obfuscated = smooth_face(height, width), noise(height, width)
    result = sealing.seal_face(original, obfuscated, key, BOUND, bits)
    opened = sealing.unseal_face(result.protected, key, BOUND, bits)
    assert result.protected.shape == opened.original.shape == original.shape
    assert (opened.codec, opened.quality) == (result.codec, result.quality)
    if opened.quality is None:
        np.testing.assert_array_equal(opened.original, original)
    else:
        assert abs(psnr(original, opened.original) - opened.quality) <= 0.5 + 1e-9
        assert opened.quality >= 20
    again = sealing.unseal_face(result.protected, key, BOUND, result.bits)
    np.testing.assert_array_equal(again.original, opened.original)


def test_a_large_face_comes_back():
    original = smooth_face(1000, 1000)
    result = sealing.seal_face(original, noise(1000, 1000), KEY, BOUND)
    opened = sealing.unseal_face(result.protected, KEY, BOUND)
    assert psnr(original, opened.original) > 37  # its noise alone is at 36
    assert result.bits == 1


def test_one_bit_a_sample_costs_51_db():
    obfuscated = smooth_face(112, 112, seed=1)
    result = sealing.seal_face(smooth_face(112, 112), obfuscated, KEY, BOUND)
    assert result.bits == 1
    assert psnr(result.protected, obfuscated) == pytest.approx(51.14, abs=0.15)


def test_a_second_bit_buys_quality():
    original, obfuscated = smooth_face(112, 112), smooth_face(112, 112, seed=1)
    one, two = (sealing.seal_face(original, obfuscated, KEY, BOUND, bits) for bits in (1, 2))
    assert two.quality is None or two.quality > one.quality
    assert psnr(two.protected, obfuscated) == pytest.approx(46.37, abs=0.2)


def test_small_faces_take_more_bits_and_large_ones_what_was_asked_for():
    assert [sealing.bits_used(side, side) for side in (8, 12, 16, 28, 112)] == [4, 3, 2, 1, 1]
    for height in range(1, 60, 3):
        for bits in (1, 2, 3, 4):
            used = sealing.bits_used(height, 20, bits)
            assert bits <= used <= 4
            assert sealing.bits_used(height, 20, used) == used


def test_faces_too_small_are_refused_with_advice():
    with pytest.raises(PictureError, match=r"1 x 1 pixels.*larger mask scale.*--carrier file"):
        sealing.seal_face(noise(1, 1), noise(1, 1), KEY, BOUND)
    with pytest.raises(PictureError, match="--carrier file"):
        sealing.seal_face(noise(5, 5), noise(5, 5), KEY, BOUND)
    for side in (1, 3, 5):
        with pytest.raises(ProfaceError):
            sealing.unseal_face(noise(side, side), KEY, BOUND)


def test_the_smallest_faces_that_fit_come_back():
    result = sealing.seal_face(noise(6, 6), noise(6, 6, 1), KEY, BOUND)
    assert result.codec == "thumbnail"
    assert sealing.unseal_face(result.protected, KEY, BOUND).original.shape == (6, 6, 3)


def test_shapes_must_agree():
    with pytest.raises(PictureError, match="does not fit"):
        sealing.seal_face(noise(8, 9), noise(9, 8), KEY, BOUND)


@pytest.mark.parametrize("bits", [0, 5])
def test_bits_out_of_bounds_are_refused(bits):
    with pytest.raises(ProfaceError, match="1 to 4"):
        sealing.seal_face(noise(40, 40), noise(40, 40), KEY, BOUND, bits)
    with pytest.raises(ProfaceError, match="1 to 4"):
        sealing.unseal_face(noise(40, 40), KEY, BOUND, bits)


def test_every_byte_of_a_small_payload_flipped_is_noticed():
    result = sealing.seal_face(smooth_face(8, 8), noise(8, 8), KEY, BOUND)
    order_key = KEY.subkey("sealed-order", 8, 8)
    size = low_bits.capacity(8, 8, result.bits)
    payload = low_bits.extract(result.protected, size, order_key, result.bits)
    for position in range(size):
        spoilt = bytearray(payload)
        spoilt[position] ^= 0xFF
        region = low_bits.embed(result.protected, bytes(spoilt), order_key, result.bits)
        with pytest.raises(DamagedPictureError, match=REFUSED):
            sealing.unseal_face(region, KEY, BOUND)


def test_every_sample_of_a_small_face_counts():
    result = sealing.seal_face(smooth_face(8, 8), noise(8, 8), KEY, BOUND)
    for position in range(8 * 8 * 3):
        spoilt = result.protected.copy()
        spoilt.reshape(-1)[position] ^= 1
        with pytest.raises(DamagedPictureError, match=REFUSED):
            sealing.unseal_face(spoilt, KEY, BOUND)


@pytest.mark.parametrize(
    ("key", "associated"),
    [
        (PictureKey(bytes(32)).face(3), BOUND),
        (PictureKey(bytes(range(32))).face(4), BOUND),
        (KEY.frame(0), BOUND),
        (KEY, b'{"manifest": 2}'),
    ],
)
def test_a_face_moved_or_under_a_wrong_key_is_noticed(key, associated):
    original = smooth_face(20, 20)
    protected = sealing.seal_face(original, noise(20, 20), KEY, BOUND).protected
    with pytest.raises(DamagedPictureError, match=REFUSED):
        sealing.unseal_face(protected, key, associated)
    chunk = sealing.seal_file(original, KEY, BOUND)
    with pytest.raises(DamagedPictureError, match=REFUSED):
        sealing.unseal_file(chunk, key, 20, 20, associated)


def test_the_low_bits_look_random_whatever_the_face():
    """A flat face compresses to nothing; its payload must not show it."""
    flat = np.full((112, 112, 3), 90, np.uint8)
    result = sealing.seal_face(flat, flat, KEY, BOUND)
    assert result.quality is None
    ones = int(np.sum(result.protected & 1))
    assert abs(ones - flat.size / 2) < 5 * np.sqrt(flat.size / 4)


@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 50), width=st.integers(1, 50), seed=st.integers(0, 9))
def test_a_face_in_the_file_comes_back_bit_for_bit(height, width, seed):
    for original in (noise(height, width, seed), smooth_face(height, width, seed)):
        chunk = sealing.seal_file(original, KEY, BOUND)
        opened = sealing.unseal_file(chunk, KEY, height, width, BOUND)
        np.testing.assert_array_equal(opened.original, original)
        assert opened.quality is None


def test_every_byte_of_a_small_chunk_flipped_is_noticed():
    chunk = sealing.seal_file(noise(4, 4), KEY, BOUND)
    for position in range(len(chunk)):
        spoilt = bytearray(chunk)
        spoilt[position] ^= 0xFF
        with pytest.raises(DamagedPictureError, match=REFUSED):
            sealing.unseal_file(bytes(spoilt), KEY, 4, 4, BOUND)


@settings(max_examples=50, deadline=None)
@given(garbage=st.binary(max_size=300), bits=st.integers(-1, 6))
def test_garbage_gives_proface_errors_only(garbage, bits):
    with pytest.raises(ProfaceError):
        sealing.unseal_file(garbage, KEY, 8, 8, BOUND)
    region = np.resize(np.frombuffer(garbage + b"\0", np.uint8), (9, 7, 3))
    with pytest.raises(ProfaceError):
        sealing.unseal_face(region, KEY, BOUND, bits)


@pytest.mark.parametrize(
    ("name", "crop", "least"), [("celeba", 0.65, 44), ("lfw", 0.8, 45), ("ffhq", 0.7, 41)]
)
def test_held_out_faces_reach_the_bars(name, crop, least):
    """The issue's bars, on 30 faces spread over each test set."""
    paths = sorted(shared("faces", name, "test").iterdir())[::34]
    protected_quality, recovered_quality = [], []
    for path in paths:
        with Image.open(path) as opened_file:
            picture = opened_file.convert("RGB")
        side = crop * min(picture.size)
        left, top = (picture.width - side) / 2, (picture.height - side) / 2
        box = (left, top, left + side, top + side)
        face = np.asarray(picture.resize((112, 112), Image.Resampling.LANCZOS, box=box))
        obfuscated = np.full_like(face, 128)
        result = sealing.seal_face(face, obfuscated, KEY, BOUND)
        protected_quality.append(psnr(result.protected, obfuscated))
        opened = sealing.unseal_face(result.protected, KEY, BOUND)
        recovered_quality.append(psnr(face, opened.original))
    assert np.mean(protected_quality) >= 51
    assert np.mean(recovered_quality) >= least
