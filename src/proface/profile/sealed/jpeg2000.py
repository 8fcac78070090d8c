"""JPEG 2000 code streams (ISO/IEC 15444-1) of single faces: lossless, or filling a given room.

A lossy face's stream is kept without its 118 bytes of markers, which say nothing but the face's
size and our fixed settings: `strip` takes them off, `restore` puts them back.
"""

import struct
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from ...arrays import Picture
from ...errors import DamagedPictureError, ProfaceError

_START, _TILE, _DATA, _COMMENT, _END = (
    b"\xff\x4f",
    b"\xff\x90",
    b"\xff\x93",
    b"\xff\x64",
    b"\xff\xd9",
)
_ATTEMPTS = 10

# Quantiser steps of OpenJPEG's 9-7 wavelet at 8 bits a sample, as marker QCD writes them: of the
# lowest band by number of levels, and of the bands (HL and LH, HH) by level.
_LOWEST = (0x4000, 0x4824, 0x5F52, 0x6738, 0x6F20, 0x7720)
_BANDS = (
    (0x57D3, 0x5762),
    (0x5005, 0x5047),
    (0x6750, 0x6768),
    (0x6F00, 0x6EE0),
    (0x76F0, 0x76C0),
)


def encode_lossless(face: Picture) -> bytes:
    """A face as a complete code stream, without loss.

    Args:
        face: uint8, H x W x 3, RGB; any size.

    Raises:
        ProfaceError: Pillow was built without JPEG 2000.
    """
    return _encode(face, ratio=None)


def encode_within(face: Picture, room: int) -> bytes | None:
    """The best code stream of a face that, stripped, takes at most ``room`` bytes.

    OpenJPEG cuts its stream where the squared error in RGB is least for the length asked for,
    between two coding passes and so up to some percent short of it; we search for the length
    that fills the room best.

    Args:
        face: uint8, H x W x 3, RGB; any size.
        room: bytes there are for ``strip(stream)``.

    Returns:
        A complete stream, or None if even the shortest is too long.

    Raises:
        ProfaceError: Pillow was built without JPEG 2000.
    """
    if room < 1:
        return None
    height, width = face.shape[:2]
    best, most = None, -1
    # The markers count in the length asked for: what fits lies between these two.
    fits, too_long = room, room + 512
    target = too_long  # first, for a face that is as good as lossless before the room is full
    for _ in range(_ATTEMPTS):
        stream = _encode(face, ratio=max(1.0, face.nbytes / target))
        length = len(strip(stream, height, width))
        if most < length <= room:
            best, most = stream, length
        if room - room // 500 <= length <= room or (most >= 0 and target == room + 512):
            break
        fits, too_long = (target, too_long) if length <= room else (fits, target)
        target = (fits + too_long) // 2
    return best


def decode(stream: bytes, height: int, width: int) -> Picture:
    """The face in a complete code stream.

    Returns:
        uint8, height x width x 3, RGB.

    Raises:
        DamagedPictureError: it is no such stream, or one of another size or kind; that is
            noticed before a pixel is decoded.
    """
    try:
        # The plugin itself, not Image.open: the size is bounded here, by the face's.
        with Jpeg2KImageFile(BytesIO(stream)) as picture:
            if picture.size != (width, height) or picture.mode != "RGB":
                raise DamagedPictureError(
                    f"a sealed face of {width} x {height} pixels turned out to be of "
                    f"{picture.width} x {picture.height}, mode {picture.mode}"
                )
            return np.array(picture)
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, struct.error) as error:
        raise DamagedPictureError(f"a sealed face cannot be decoded ({error})") from error


def strip(stream: bytes, height: int, width: int) -> bytes:
    """A lossy stream of ours without the markers that `restore` can write again.

    Returns:
        The tile's data; or the whole stream, should an encoder have written markers unlike ours.
    """
    position = len(_START)
    main = [stream[:position]]
    while position < len(stream) and stream[position : position + 2] != _TILE:
        end = position + 2 + int.from_bytes(stream[position + 2 : position + 4], "big")
        if stream[position : position + 2] != _COMMENT:
            main.append(stream[position:end])
        position = end
    start = stream.find(_DATA, position) + len(_DATA)
    data = stream[start : -len(_END)]
    ours = b"".join(main) + stream[position:start] == _markers(height, width, len(data))
    return data if ours else stream


def restore(data: bytes, height: int, width: int) -> bytes:
    """The complete stream of a face from what `strip` left."""
    return _markers(height, width, len(data)) + data + _END


def _levels(height: int, width: int) -> int:
    """Wavelet levels: what gave the best PSNR on held-out faces from 8 x 8 to 112 x 112."""
    return max(0, min(5, (min(height, width) + 4).bit_length() - 4))


def _encode(face: Picture, ratio: float | None) -> bytes:
    """A complete stream, ``ratio`` times smaller than the samples; None for lossless."""
    rate = {} if ratio is None else {"quality_mode": "rates", "quality_layers": [ratio]}
    buffer = BytesIO()
    try:
        Image.fromarray(face).save(
            buffer,
            format="JPEG2000",
            no_jp2=True,
            irreversible=ratio is not None,
            num_resolutions=_levels(*face.shape[:2]) + 1,
            codeblock_size=(64, 64),
            mct=1,
            **rate,
        )
    except OSError as error:
        raise ProfaceError(
            f"a face cannot be coded as JPEG 2000 ({error}); the profile 'sealed' needs a Pillow "
            "that was built with OpenJPEG, as those of PyPI are"
        ) from error
    return buffer.getvalue()


def _markers(height: int, width: int, size: int) -> bytes:
    """All markers from SOC to SOD of a stream with one tile-part of ``size`` data bytes."""
    levels = _levels(height, width)
    # SIZ: one tile, three components of 8 bits without subsampling
    picture = struct.pack(">HHH8IH", 0xFF51, 47, 0, width, height, 0, 0, width, height, 0, 0, 3)
    components = bytes((7, 1, 1)) * 3
    # COD: one layer, colour transform, code blocks of 64 x 64, 9-7 wavelet
    coding = struct.pack(">HHBBHBBBBBB", 0xFF52, 12, 0, 0, 1, 1, levels, 4, 4, 0, 0)
    steps = [_LOWEST[levels]]
    for slanted, diagonal in reversed(_BANDS[:levels]):
        steps += [slanted, slanted, diagonal]
    quantiser = struct.pack(f">HHB{len(steps)}H", 0xFF5C, 3 + 2 * len(steps), 0x42, *steps)
    tile = struct.pack(">HHHIBB", 0xFF90, 10, 0, size + 14, 0, 1)
    return _START + picture + components + coding + quantiser + tile + _DATA
