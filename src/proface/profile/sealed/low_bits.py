"""Bytes in the low bits of samples, by low-bit matching, in an order drawn from a key.

Where the low ``bits`` of a sample do not spell what they must carry, the sample is moved to the
nearest level that does, up or down by chance where both are as near. Overwriting the bits instead
would only ever move even levels up and odd ones down, which a histogram shows.
"""

import secrets

import numpy as np
from numpy.typing import NDArray

from ...arrays import Picture
from ...errors import DamagedPictureError, PictureError, ProfaceError
from ...keys import keystream

MAXIMUM_BITS = 4
"""Bits a sample; even a sealed face of 8 x 8 pixels needs no more."""


def capacity(height: int, width: int, bits: int) -> int:
    """Whole bytes that a region of ``height`` x ``width`` RGB pixels carries.

    Raises:
        ProfaceError: ``bits`` is not from 1 to 4.
    """
    if not 1 <= bits <= MAXIMUM_BITS:
        raise ProfaceError(f"{bits} bits a sample were asked for; possible are 1 to {MAXIMUM_BITS}")
    return height * width * 3 * bits // 8


def embed(region: Picture, payload: bytes, subkey: bytes, bits: int) -> Picture:
    """Write a payload that fills the region into its samples.

    Every sample of the region then carries uniformly random bits, given a payload that looks
    random, so the change is of the same kind all over the region.

    Args:
        region: uint8, H x W x 3; is not changed.
        payload: exactly ``capacity(H, W, bits)`` bytes.
        subkey: 32 bytes that the order is drawn from. The same order may serve several payloads:
            what keeps them secret is their encryption.
        bits: a sample, 1 to 4.

    Returns:
        uint8, H x W x 3. No sample differs by more than 2^(bits - 1), but for those within that
        reach of 0 and 255, which may have to move 2^bits - 1 the other way.

    Raises:
        PictureError: the payload is longer or shorter than the region can carry.
        ProfaceError: ``bits`` is not from 1 to 4.
    """
    height, width = region.shape[:2]
    if len(payload) != capacity(height, width, bits):
        raise PictureError(f"{len(payload)} bytes are not what a region {region.shape} carries")
    filler = secrets.token_bytes(1)  # for the bits after the last whole byte
    stream = np.unpackbits(np.frombuffer(payload + filler, np.uint8))[: region.size * bits]
    weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.int16)
    wanted = np.empty(region.size, np.int16)
    wanted[sample_order(subkey, region.size)] = stream.reshape(-1, bits) @ weights
    return _match(region.reshape(-1), wanted, 1 << bits).reshape(region.shape)


def extract(region: Picture, count: int, subkey: bytes, bits: int) -> bytes:
    """Read the first ``count`` bytes that `embed` wrote with the same subkey and bits.

    Raises:
        DamagedPictureError: the region cannot carry that many bytes.
        ProfaceError: ``bits`` is not from 1 to 4.
    """
    height, width = region.shape[:2]
    if count > capacity(height, width, bits):
        raise DamagedPictureError(f"a region {region.shape} is too small to carry {count} bytes")
    carried = region.reshape(-1)[sample_order(subkey, region.size)]
    places = np.arange(bits - 1, -1, -1, dtype=np.uint8)
    stream = (carried[:, None] >> places) & 1
    return np.packbits(stream.reshape(-1)[: count * 8]).tobytes()


def sample_order(subkey: bytes, count: int) -> NDArray[np.uint64]:
    """A permutation of ``range(count)``, every one as likely as another for a random subkey.

    Each index gets a random word from ChaCha20's keystream in front of it, and the words are
    sorted. Words have at least 64 - log2(count) random bits, 42 for a megapixel; the few equal
    ones are ordered by index, the same on every machine, a bias too small to be seen.

    Args:
        subkey: 32 bytes, used for nothing else.
        count: of samples, below 2^32.
    """
    index_bits = np.uint64(max(1, (count - 1).bit_length()))
    mask = (np.uint64(1) << index_bits) - np.uint64(1)
    words = np.frombuffer(keystream(subkey, 8 * count), "<u8").astype(np.uint64)
    return np.sort(words & ~mask | np.arange(count, dtype=np.uint64)) & mask


def _match(samples: Picture, wanted: NDArray[np.int16], modulus: int) -> Picture:
    """The nearest levels that are congruent to ``wanted``.

    The choice between up and down comes from the operating system: recovery does not need it, and
    so nothing of the key goes into what everyone can see.
    """
    levels = samples.astype(np.int16)
    up = (wanted - levels) % modulus
    down = up - modulus
    coin = np.unpackbits(np.frombuffer(secrets.token_bytes((levels.size + 7) // 8), np.uint8))
    downwards = (-down < up) | ((-down == up) & (coin[: levels.size] == 1))
    downwards = (downwards & (levels + down >= 0)) | (levels + up > 255)
    return (levels + np.where((up > 0) & downwards, down, up)).astype(np.uint8)
