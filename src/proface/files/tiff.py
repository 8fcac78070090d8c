"""TIFF files: which layouts are read rightly, and samples that lie plane after plane.

Pillow reads some layouts wrongly without a word: planes of 16 bits, planes beside an alpha channel,
16 bits of which 0 is white, signed samples. So a file's tags are looked at first. A layout that was
not compared with another reader is refused; those that can be put in order, pixel after pixel and
0 for black, are so before Pillow sees them.
"""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.TiffTags import LONG

from ..errors import PictureError

_MAGIC = (b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b")
_BIG = 43
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_FILL_ORDER, _ORIENTATION = 266, 274
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANES = 273, 277, 278, 279, 284
_PREDICTOR, _TILE_OFFSETS, _TILE_BYTES, _INKS, _EXTRA, _FORMAT = 317, 324, 325, 332, 338, 339
_TILE_SIDES, _SUBSAMPLING, _IFDS = (322, 323), 530, (330, 34_665, 34_853)
_WHITE_IS_0, _GREY, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB = 0, 1, 2, 3, 5, 6, 8
_JPEGS = (6, 7)
_NAMES = {_WHITE_IS_0: "grey", _GREY: "grey", _RGB: "RGB", _PALETTE: "palette", _CMYK: "CMYK"}
_NAMES |= {_YCBCR: "YCbCr", _LAB: "Lab"}
# By photometric interpretation and samples a pixel: the bits a sample that were compared.
_COMPARED: dict[tuple[int, int], tuple[int, ...]] = {
    (_WHITE_IS_0, 1): (1, 2, 4, 8, 16),
    (_GREY, 1): (1, 2, 4, 8, 12, 16),
    (_GREY, 2): (8,),
    (_RGB, 3): (8, 16),
    (_RGB, 4): (8, 16),
    (_RGB, 5): (8,),
    (_PALETTE, 1): (1, 2, 4, 8),
    (_CMYK, 4): (8, 16),
    (_YCBCR, 3): (8,),
}
_SAMPLE_FORMATS = {2: "signed samples", 3: "floating-point samples", 5: "complex samples"}
_SAMPLE_FORMATS |= {6: "complex samples"}


def is_tiff(data: bytes) -> bool:
    """Whether a file begins as TIFF files do."""
    return data.startswith(_MAGIC)


def readable(data: bytes) -> bytes:
    """A TIFF file whose layout Pillow reads rightly: the given one, or one made of it.

    Args:
        data: a TIFF file.

    Raises:
        PictureError: its layout cannot be read, or a plane is damaged.
    """
    tags = _tags(data)
    _check(tags)
    if not _misread(tags):
        return data
    count, (width, height) = tags.get(_SAMPLES, 1), _size(tags)
    kind = f"{'<' if data.startswith(b'II') else '>'}u{max(tags[_BITS]) // 8}"
    pixels = np.empty((height, width, count), kind)
    for index in range(count):
        pixels[:, :, index] = _plane(data, tags, index, count)
    whole = _copy(tags, data)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_0:
        whole[_PHOTOMETRIC] = _GREY
        np.invert(pixels, out=pixels)
    for tag in (*_TILE_SIDES, _TILE_OFFSETS, _TILE_BYTES, _PREDICTOR):
        whole.pop(tag, None)
    whole[_COMPRESSION] = whole[_PLANES] = 1
    return _file(whole, [pixels.data.cast("B")], height)


def size(data: bytes) -> tuple[int, int]:
    """Width and height by a TIFF file's tags; 0 where they are missing."""
    return _size(_tags(data))


def check_opened(image: TiffImageFile) -> None:
    """Refuse a TIFF that somebody else opened with Pillow, and that Pillow would read wrongly.

    Raises:
        PictureError: it is of such a layout.
    """
    _check(image.tag_v2)
    if _misread(image.tag_v2):
        raise PictureError("is a TIFF that Pillow reads wrongly; give the file itself instead")


def bits(image: TiffImageFile) -> int:
    """Bits a sample."""
    return int(max(image.tag_v2.get(_BITS, (1,))))


def _misread(tags: ImageFileDirectory_v2) -> bool:
    """Whether Pillow reads a layout wrongly, or not at all, and `readable` makes another of it."""
    deep = 16 in tags.get(_BITS, (1,)) and tags.get(_PHOTOMETRIC) == _WHITE_IS_0
    return deep or _in_planes(tags)


def _size(tags: ImageFileDirectory_v2) -> tuple[int, int]:
    return int(tags.get(_WIDTH, 0)), int(tags.get(_HEIGHT, 0))


def _in_planes(tags: ImageFileDirectory_v2) -> bool:
    return bool(tags.get(_PLANES, 1) != 1 and tags.get(_SAMPLES, 1) > 1)


def _tags(data: bytes) -> ImageFileDirectory_v2:
    """The tags of a file's first directory, whether Pillow could read the picture or not."""
    head = data[:16] if _BIG in (data[2], data[3]) else data[:8]
    tags = ImageFileDirectory_v2(head)
    file = io.BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    return tags


def _check(tags: ImageFileDirectory_v2) -> None:
    kind, samples = tags.get(_PHOTOMETRIC, _WHITE_IS_0), tags.get(_SAMPLES, 1)
    depths = set(tags.get(_BITS, (1,)))
    odd = [_SAMPLE_FORMATS[each] for each in tags.get(_FORMAT, ()) if each in _SAMPLE_FORMATS]
    subsampled = kind == _YCBCR and tags.get(_COMPRESSION, 1) not in _JPEGS
    subsampled = subsampled and tuple(tags.get(_SUBSAMPLING, (2, 2))) != (1, 1)
    inks = kind == _CMYK and tags.get(_INKS, 1) != 1
    jpeg_planes = kind == _YCBCR and _in_planes(tags)
    reverse = kind == _WHITE_IS_0 and depths == {8} and tags.get(_FILL_ORDER, 1) != 1
    compared = _COMPARED.get((kind, samples), ())
    if odd:
        reason = f"{odd[0]} of {max(depths)} bits"
    elif reverse:
        reason = "bits in reverse order"
    elif len(depths) != 1 or not depths <= set(compared):
        name = _NAMES.get(kind, f"colours of kind {kind}")
        reason = f"{name} of {samples} samples a pixel, {'/'.join(map(str, depths))} bits a sample"
    elif subsampled or inks or jpeg_planes:
        reason = "other inks than CMYK" if inks else "YCbCr colours at a lower resolution"
    else:
        return
    raise PictureError(
        f"is a TIFF file of {reason}, which 8-bit RGB cannot hold or proface cannot read; convert "
        "it to RGB with 8 bits a sample first"
    )


def _plane(
    data: bytes, tags: ImageFileDirectory_v2, index: int, count: int
) -> np.ndarray[tuple[int, int], np.dtype[np.generic]]:
    """The samples of one plane: uint8 or uint16, H x W, as they are stored."""
    tiled = _TILE_OFFSETS in tags
    offsets = tags[_TILE_OFFSETS if tiled else _STRIP_OFFSETS]
    sizes = tags[_TILE_BYTES if tiled else _STRIP_BYTES]
    if len(offsets) != len(sizes) or len(offsets) % count:
        raise PictureError("is damaged: its planes are not of one size")
    each = len(offsets) // count
    pieces = [
        data[offset : offset + size]
        for offset, size in zip(
            offsets[index * each : (index + 1) * each],
            sizes[index * each : (index + 1) * each],
            strict=True,
        )
    ]
    single = _copy(tags, data)
    single.pop(_EXTRA, None)
    single.pop(_ORIENTATION, None)  # Pillow would turn the plane
    single[_SAMPLES] = single[_PLANES] = single[_PHOTOMETRIC] = 1
    single[_BITS] = (tags[_BITS][0],)
    file = _file(single, pieces, tags.get(_ROWS_PER_STRIP, tags[_HEIGHT]))
    with Image.open(io.BytesIO(file), formats=("TIFF",)) as image:
        return np.array(image)


def _copy(tags: ImageFileDirectory_v2, data: bytes) -> ImageFileDirectory_v2:
    """The tags, but for those that point to further directories; a plain file, not a BigTIFF."""
    copied = ImageFileDirectory_v2(data[:2] + b"\x2a\0\0\0\0\0", prefix=data[:2])
    for tag, value in tags.items():
        if tag not in (*_IFDS, _FORMAT):
            copied.tagtype[tag] = tags.tagtype[tag]
            copied[tag] = value
    return copied


def _file(tags: ImageFileDirectory_v2, pieces: Sequence[bytes | memoryview], rows: int) -> bytes:
    """A file with these tags and these strips or tiles. The tags are changed."""
    starts = np.cumsum([0, *map(len, pieces)])[:-1].tolist()
    sizes = tuple(map(len, pieces))
    if _TILE_OFFSETS in tags:
        tags.tagtype[_TILE_OFFSETS] = tags.tagtype[_TILE_BYTES] = LONG
        tags[_TILE_OFFSETS], tags[_TILE_BYTES] = tuple(starts), sizes
        begin = 8 + len(tags.tobytes(8))  # Pillow moves the offsets of strips, but not of tiles
        tags[_TILE_OFFSETS] = tuple(begin + start for start in starts)
    else:
        tags.tagtype[_STRIP_OFFSETS] = tags.tagtype[_STRIP_BYTES] = LONG
        tags[_STRIP_OFFSETS], tags[_STRIP_BYTES] = tuple(starts), sizes
        tags[_ROWS_PER_STRIP] = rows
    file = io.BytesIO()
    tags.save(file)
    return b"".join((file.getvalue(), *pieces))
