import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.errors import DamagedPictureError, PictureError, ProfaceError
from proface.profile.sealed import low_bits
from tests.profile.sealed.samples import noise

SUBKEY = bytes(range(32))


def random_payload(height, width, bits, seed=0):
    size = low_bits.capacity(height, width, bits)
    return np.random.default_rng(seed).bytes(size)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    bits=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_embedded_is_extracted(height, width, bits, seed):
    region, payload = noise(height, width, seed), random_payload(height, width, bits, seed)
    carried = low_bits.embed(region, payload, SUBKEY, bits)
    assert carried.dtype == np.uint8
    assert carried.shape == region.shape
    assert low_bits.extract(carried, len(payload), SUBKEY, bits) == payload


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_no_sample_moves_further_than_it_must(bits):
    region = noise(64, 64, 1)
    before = region.copy()
    carried = low_bits.embed(region, random_payload(64, 64, bits), SUBKEY, bits)
    np.testing.assert_array_equal(region, before)
    change = np.abs(carried.astype(int) - region)
    reach = 2 ** (bits - 1)
    inside = (region >= reach) & (region <= 255 - reach)
    assert change[inside].max() == reach
    assert change.max() <= 2**bits - 1


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_black_and_white_do_not_wrap_round(level, bits):
    region = np.full((16, 16, 3), level, np.uint8)
    payload = random_payload(16, 16, bits)
    carried = low_bits.embed(region, payload, SUBKEY, bits)
    assert np.abs(carried.astype(int) - level).max() <= 2**bits - 1
    assert low_bits.extract(carried, len(payload), SUBKEY, bits) == payload


def test_up_and_down_are_equally_likely():
    region = np.full((200, 200, 3), 100, np.uint8)
    carried = low_bits.embed(region, random_payload(200, 200, 1), SUBKEY, 1).astype(int)
    up, down = np.sum(carried == 101), np.sum(carried == 99)
    changed = up + down
    assert abs(changed - region.size / 2) < 5 * np.sqrt(region.size / 4)
    assert abs(up - down) < 5 * np.sqrt(changed)


def test_every_level_of_the_low_bits_is_equally_likely_all_over_the_region():
    region = np.full((128, 128, 3), 77, np.uint8)
    carried = low_bits.embed(region, random_payload(128, 128, 2), SUBKEY, 2)
    for part in (carried[:64], carried[64:], carried[..., 0], carried[..., 2]):
        counts = np.bincount(part.reshape(-1) & 3, minlength=4)
        expected = part.size / 4
        assert np.sum((counts - expected) ** 2 / expected) < 30  # 3 degrees: p about 1e-6


@pytest.mark.parametrize("count", [1, 2, 3, 192, 255, 256, 257, 10_000])
def test_the_order_is_a_permutation(count):
    order = low_bits.sample_order(SUBKEY, count)
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_the_order_is_fixed_for_good():
    """Pictures already protected must open with every later version."""
    digest = hashlib.sha256(low_bits.sample_order(SUBKEY, 5000).astype("<u4").tobytes())
    assert digest.hexdigest() == "8428f3257922c920f944494ed50f30556e7842259f0b8750034f623e94044d12"


def test_every_index_is_equally_likely_at_every_place():
    count, draws = 8, 8000
    table = np.zeros((count, count))
    for draw in range(draws):
        order = low_bits.sample_order(hashlib.sha256(b"%d" % draw).digest(), count)
        table[np.arange(count), order] += 1
    expected = draws / count
    # (count - 1)^2 = 49 degrees of freedom: mean 49, deviation 9.9
    assert np.sum((table - expected) ** 2 / expected) < 49 + 5 * 9.9


def test_all_permutations_of_four_are_equally_likely():
    draws = 12_000
    seen = {}
    for draw in range(draws):
        order = tuple(low_bits.sample_order(hashlib.sha256(b"4 %d" % draw).digest(), 4))
        seen[order] = seen.get(order, 0) + 1
    expected = draws / 24
    assert len(seen) == 24
    assert sum((n - expected) ** 2 / expected for n in seen.values()) < 23 + 5 * np.sqrt(46)


def test_another_subkey_gives_another_order():
    assert np.any(low_bits.sample_order(SUBKEY, 500) != low_bits.sample_order(bytes(32), 500))


def test_bad_requests_are_refused():
    region = noise(8, 8)
    with pytest.raises(PictureError, match="23 bytes"):
        low_bits.embed(region, bytes(23), SUBKEY, 1)
    with pytest.raises(PictureError, match="25 bytes"):
        low_bits.embed(region, bytes(25), SUBKEY, 1)
    with pytest.raises(DamagedPictureError, match="too small"):
        low_bits.extract(region, 25, SUBKEY, 1)
    for bits in (0, 5):
        with pytest.raises(ProfaceError, match="1 to 4"):
            low_bits.capacity(8, 8, bits)
