"""The profile ``sealed``: a face coded, encrypted and carried in its own pixels or beside them.

    original -> codec.encode -> frame.pack -> seal.seal -> carrier.embed into the obfuscated face

Secrecy rests on ChaCha20-Poly1305 alone; a wrong key and every change are noticed. The carrier in
the pixels survives whatever keeps every pixel of the face, and fails as a whole otherwise.
"""

import secrets
from dataclasses import dataclass

from ...arrays import Picture
from ...errors import PictureError
from ...keys import FaceKey
from . import codec, frame, low_bits
from .encryption import OVERHEAD, seal, unseal
from .low_bits import MAXIMUM_BITS

__all__ = [
    "MAXIMUM_BITS",
    "Opened",
    "SealedFace",
    "bits_used",
    "decoy_face",
    "decoy_file",
    "seal_face",
    "seal_file",
    "unseal_face",
    "unseal_file",
]


@dataclass(frozen=True)
class SealedFace:
    """A protected face that carries its original."""

    protected: Picture
    codec: codec.FaceCodec
    quality: int | None
    """PSNR in whole dB of what will be recovered; None where it is the original bit for bit."""
    bits: int
    """Bits a sample, as `bits_used` says."""


@dataclass(frozen=True)
class Opened:
    """A recovered face."""

    original: Picture
    codec: codec.FaceCodec
    quality: int | None
    """PSNR in whole dB, measured when it was sealed; None where it is bit for bit."""


def bits_used(height: int, width: int, bits: int = 1) -> int:
    """Bits a sample that a face of this size takes, at least ``bits``.

    Faces below 28 x 28 take more than one, for what a seal itself needs is the same at every
    size: as many, up to 4, as give 2.25 bits a pixel and 36 bytes to the coded face. That
    follows from the size alone, so that it tells nothing of the face. ``bits_used`` of its own
    result is the same number.
    """
    needed = 36 + height * width * 9 // 32
    while bits < low_bits.MAXIMUM_BITS and _room(height, width, bits) < needed:
        bits += 1
    return bits


def seal_face(
    original: Picture, obfuscated: Picture, key: FaceKey, associated: bytes, bits: int = 1
) -> SealedFace:
    """Seal a face into its obfuscated pixels.

    Args:
        original: uint8, H x W x 3, RGB; at least about 27 pixels in all.
        obfuscated: what everyone will see; the same shape.
        key: of the face.
        associated: authenticated with the face: the canonical manifest and the face's box.
        bits: a sample, 1 or 2 (to 4); small faces take more, see `bits_used`.

    Raises:
        PictureError: the shapes differ, or the face is too small to carry anything.
        ProfaceError: ``bits`` is not from 1 to 4, or Pillow was built without JPEG 2000.
    """
    if original.shape != obfuscated.shape:
        raise PictureError(f"a face {original.shape} does not fit one of {obfuscated.shape}")
    height, width = original.shape[:2]
    bits = bits_used(height, width, bits)
    coded = codec.encode(original, _room(height, width, bits))
    plaintext = frame.pack(coded, low_bits.capacity(height, width, bits) - OVERHEAD)
    sealed = seal(plaintext, key, height, width, associated)
    protected = low_bits.embed(obfuscated, sealed, _order_key(key, height, width), bits)
    return SealedFace(protected, coded.codec, coded.quality, bits)


def unseal_face(protected: Picture, key: FaceKey, associated: bytes, bits: int = 1) -> Opened:
    """Recover a face from its protected pixels.

    Args:
        protected: uint8, H x W x 3, RGB, every sample as `seal_face` returned it.
        key: as for sealing.
        associated: as for sealing.
        bits: as given for sealing, or as `SealedFace.bits` says.

    Raises:
        DamagedPictureError: wrong key or damaged picture.
        ProfaceError: ``bits`` is not from 1 to 4.
    """
    height, width = protected.shape[:2]
    bits = bits_used(height, width, bits)
    size = low_bits.capacity(height, width, bits)
    sealed = low_bits.extract(protected, size, _order_key(key, height, width), bits)
    return _open(sealed, key, height, width, associated)


def seal_file(original: Picture, key: FaceKey, associated: bytes) -> bytes:
    """Seal a face without loss into bytes to be kept in a chunk of the picture's file.

    Args:
        original: uint8, H x W x 3, RGB; any size.
        key: of the face.
        associated: authenticated with the face: the canonical manifest and the face's box.

    Returns:
        About 1 to 3 bytes a pixel of a photograph. The length is rounded up by 12 percent at
        most, so that it tells little of the face.

    Raises:
        ProfaceError: Pillow was built without JPEG 2000.
    """
    height, width = original.shape[:2]
    return seal(_padded(original), key, height, width, associated)


def unseal_file(sealed: bytes, key: FaceKey, height: int, width: int, associated: bytes) -> Opened:
    """Recover a face from the bytes of `seal_file`; ``height`` and ``width`` are the face's.

    Raises:
        DamagedPictureError: wrong key or damaged picture.
    """
    return _open(sealed, key, height, width, associated)


def decoy_face(original: Picture, obfuscated: Picture, bits: int = 1) -> SealedFace:
    """An obfuscated face with random bytes where `seal_face` puts a seal.

    Args:
        original: it decides on the name of its codec, which `seal_face` tells everyone; nothing
            else of it is kept.
        obfuscated: as for `seal_face`.
        bits: as for `seal_face`.

    Raises:
        PictureError: as for `seal_face`.
    """
    height, width = original.shape[:2]
    bits = bits_used(height, width, bits)
    coded = codec.encode(original, _room(height, width, bits))
    nothing = secrets.token_bytes(low_bits.capacity(height, width, bits))
    protected = low_bits.embed(obfuscated, nothing, secrets.token_bytes(32), bits)
    return SealedFace(protected, coded.codec, None, bits)


def decoy_file(original: Picture) -> bytes:
    """Random bytes, as many as `seal_file` makes of a face; nothing else of it is kept."""
    return secrets.token_bytes(len(_padded(original)) + OVERHEAD)


def _padded(original: Picture) -> bytes:
    """What is sealed of a face beside the pixels."""
    plaintext = frame.pack(codec.encode_lossless(original), 0)
    return plaintext.ljust(frame.padded_size(len(plaintext)), b"\0")


def _room(height: int, width: int, bits: int) -> int:
    return frame.room(low_bits.capacity(height, width, bits) - OVERHEAD)


def _order_key(key: FaceKey, height: int, width: int) -> bytes:
    return key.subkey("sealed-order", height, width)


def _open(sealed: bytes, key: FaceKey, height: int, width: int, associated: bytes) -> Opened:
    coded = frame.unpack(unseal(sealed, key, height, width, associated))
    original = codec.decode(coded.data, coded.codec, height, width)
    return Opened(original, coded.codec, coded.quality)
