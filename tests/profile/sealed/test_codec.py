import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from proface.errors import DamagedPictureError, PictureError, ProfaceError
from proface.profile.sealed import codec, jpeg2000
from tests.profile.sealed.samples import noise, psnr, smooth_face


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 60), width=st.integers(1, 60), room=st.integers(4, 4000))
@example(height=112, width=112, room=4668)
@example(height=1, width=60, room=40)
@example(height=60, width=1, room=4)
def test_any_face_fits_any_room(height, width, room):
    face = smooth_face(height, width)
    coded = codec.encode(face, room)
    assert len(coded.data) <= room
    decoded = codec.decode(coded.data, coded.codec, height, width)
    assert decoded.shape == face.shape
    assert decoded.dtype == np.uint8
    if coded.quality is None:
        np.testing.assert_array_equal(decoded, face)
    else:
        assert max(1, round(psnr(face, decoded))) == coded.quality


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 60), width=st.integers(1, 60), seed=st.integers(0, 99))
def test_lossless_is_bit_for_bit(height, width, seed):
    for face in (noise(height, width, seed), smooth_face(height, width, seed)):
        coded = codec.encode_lossless(face)
        assert coded.quality is None
        np.testing.assert_array_equal(codec.decode(coded.data, coded.codec, height, width), face)


def test_what_fits_without_loss_is_kept_without_loss():
    flat = np.full((112, 112, 3), (200, 150, 120), np.uint8)
    assert codec.encode(flat, 4668).quality is None
    face = smooth_face(112, 112)
    room = len(codec.encode_lossless(face).data)
    assert codec.encode(face, room).quality is None
    assert codec.encode(face, room - 1).quality is not None


def test_more_room_gives_more_quality_and_is_used():
    face = smooth_face(112, 112)
    rooms = (300, 1000, 3000, 6000)
    coded = [codec.encode(face, room) for room in rooms]
    qualities = [each.quality for each in coded]
    assert qualities == sorted(qualities)
    assert qualities[-1] > qualities[0] + 5
    assert all(len(each.data) > 0.9 * room for each, room in zip(coded[1:], rooms[1:], strict=True))


def test_noise_is_coded_too():
    face = noise(32, 32)
    assert codec.encode(face, 349).quality >= 5


def test_grey_stays_grey():
    face = np.repeat(smooth_face(64, 64)[..., :1], 3, axis=2)
    coded = codec.encode(face, 1000)
    decoded = codec.decode(coded.data, coded.codec, 64, 64)
    assert coded.quality is not None
    np.testing.assert_array_equal(decoded[..., 0], decoded[..., 1])
    np.testing.assert_array_equal(decoded[..., 0], decoded[..., 2])


def test_no_room_is_said_with_what_to_do():
    with pytest.raises(PictureError, match=r"5 x 6 pixels .*larger mask scale.*--carrier file"):
        codec.encode(noise(6, 5), 3)
    for room in range(-40, 4):
        with pytest.raises(PictureError, match="no room"):
            codec.encode(noise(6, 5), room)


def test_stripped_streams_are_restored_byte_for_byte_but_for_the_comment():
    for height, width in ((8, 8), (9, 30), (60, 61), (112, 112), (300, 130)):
        stream = jpeg2000.encode_within(smooth_face(height, width), height * width // 2)
        data = jpeg2000.strip(stream, height, width)
        restored = jpeg2000.restore(data, height, width)
        comment = stream.index(b"\xff\x64")
        length = 2 + int.from_bytes(stream[comment + 2 : comment + 4], "big")
        assert restored == stream[:comment] + stream[comment + length :]
        assert len(data) < len(stream) - 70


def test_a_stream_with_other_markers_is_kept_whole(tmp_path):
    """As another encoder's would be; it is decoded all the same."""
    face = smooth_face(64, 64)
    path = tmp_path / "other.j2k"
    Image.fromarray(face).save(path, irreversible=True, codeblock_size=(32, 32))
    stream = path.read_bytes()
    assert jpeg2000.strip(stream, 64, 64) == stream
    assert psnr(codec.decode(stream, "jpeg2000", 64, 64), face) > 30


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400), name=st.sampled_from(codec.CODECS))
def test_garbage_gives_a_face_or_a_proface_error(data, name):
    try:
        decoded = codec.decode(data, name, 17, 13)
    except DamagedPictureError:
        return
    assert decoded.shape == (17, 13, 3)


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 200))
def test_spoilt_codings_give_a_face_or_a_proface_error(position, value, cut):
    face = smooth_face(17, 13)
    lossless = codec.encode_lossless(face)
    for coded in (lossless, codec.encode(face, 200), codec.encode(face, 10)):
        data = bytearray(coded.data)
        data[position % len(data)] = value
        try:
            decoded = codec.decode(bytes(data[: len(data) - cut]), coded.codec, 17, 13)
        except ProfaceError:
            continue
        assert decoded.shape == face.shape


def test_a_larger_picture_than_announced_is_refused_undecoded():
    large = np.zeros((2000, 2000, 3), np.uint8)
    deflated, stream = zlib.compress(large.tobytes()), jpeg2000.encode_lossless(large)
    for data, name in ((deflated, "deflate"), (stream, "jpeg2000")):
        with pytest.raises(DamagedPictureError):
            codec.decode(data, name, 8, 8)
    with pytest.raises(DamagedPictureError, match="thumbnail"):
        codec.decode(bytes((9,)) + bytes(27 * 9), "thumbnail", 8, 8)
