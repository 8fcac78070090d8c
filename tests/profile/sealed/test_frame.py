import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.errors import DamagedPictureError
from proface.profile.sealed import frame
from proface.profile.sealed.codec import CODECS, Coded


@settings(max_examples=100, deadline=None)
@given(
    data=st.binary(max_size=300),
    codec=st.sampled_from(CODECS),
    quality=st.none() | st.integers(1, 255),
    padding=st.integers(0, 300),
)
def test_packed_is_unpacked(data, codec, quality, padding):
    coded = Coded(data, codec, quality)
    size = len(frame.pack(coded, 0)) + padding
    packed = frame.pack(coded, size)
    assert len(packed) == size
    assert frame.unpack(packed) == coded


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 2_097_152])
def test_lengths_at_the_seams_of_leb128(length):
    coded = Coded(bytes(length), "jpeg2000", 40)
    assert frame.unpack(frame.pack(coded, 0)) == coded


@pytest.mark.parametrize("size", [3, 4, 129, 130, 131, 132, 16_386, 16_387, 16_388, 16_389, 99_999])
def test_room_is_what_just_fits(size):
    room = frame.room(size)
    assert len(frame.pack(Coded(bytes(room), "deflate", None), 0)) <= size
    assert len(frame.pack(Coded(bytes(room + 1), "deflate", None), 0)) > size


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40))
def test_garbage_is_unpacked_or_refused(garbage):
    try:
        coded = frame.unpack(garbage)
    except DamagedPictureError:
        return
    assert coded.data in garbage


def test_what_cannot_be_read_is_named():
    packed = frame.pack(Coded(b"face", "jpeg2000", 40), 0)
    with pytest.raises(DamagedPictureError, match=r"version 2.*newer"):
        frame.unpack(bytes((packed[0] + 16,)) + packed[1:])
    with pytest.raises(DamagedPictureError, match="codec 15"):
        frame.unpack(bytes((packed[0] | 15,)) + packed[1:])
    with pytest.raises(DamagedPictureError, match="cut short"):
        frame.unpack(packed[:-1])
    with pytest.raises(DamagedPictureError, match="cut short"):
        frame.unpack(packed[:2])


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 2**40))
def test_padding_adds_at_most_an_eighth(size):
    padded = frame.padded_size(size)
    assert size <= padded <= size * 1.12 + 1
    assert frame.padded_size(padded) == padded


def test_padding_leaves_few_sizes():
    sizes = {frame.padded_size(size) for size in range(10_000, 20_000)}
    assert len(sizes) <= 17


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=60), padding=st.integers(1, 60), at=st.integers(0, 59))
def test_padding_that_is_not_zero_is_refused(data, padding, at):
    """Nothing is hidden in it, and no second face begins there."""
    end = len(frame.pack(Coded(data, "jpeg2000", 40), 0))
    packed = bytearray(frame.pack(Coded(data, "jpeg2000", 40), end + padding))
    packed[end + at % padding] = 1 + at
    with pytest.raises(DamagedPictureError, match="padded with something else"):
        frame.unpack(bytes(packed))
