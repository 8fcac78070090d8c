"""A decoded frame as upright RGB of 8 bits."""

from typing import TYPE_CHECKING, cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from numpy.typing import NDArray

from . import tone

if TYPE_CHECKING:
    from ..arrays import Picture

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HIGH_DEFINITION = 720
# Chroma is interpolated at full resolution and rounded, not cut off: the one conversion of the
# video's colours is as good as swscale has it.
_CONVERSION = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def pixels(
    frame: VideoFrame, matrix: NDArray[np.int32] | None, curve: tone.Curve | None = None
) -> "Picture":
    """A frame's pixels: uint8, H x W x 3, RGB, turned and mirrored as its display matrix asks.

    Frames that do not say how their colours were coded are taken as players take them: by
    ITU-R BT.709 from 720 lines on, by BT.601 below.

    Args:
        frame: decoded, and no longer interlaced.
        matrix: its display matrix, see `display_matrix`.
        curve: of a frame of high dynamic range that shall be brought down, see `tone`.
    """
    colours = None
    if frame.colorspace == _UNSPECIFIED and frame.format.is_rgb is False:
        high = min(frame.width, frame.height) >= _HIGH_DEFINITION
        colours = Colorspace.ITU709 if high else Colorspace.ITU601
    form = "rgb24" if curve is None else "rgb48le"
    array = frame.to_ndarray(format=form, src_colorspace=colours, interpolation=_CONVERSION)
    if curve is not None:
        array = tone.to_sdr(np.asarray(array, np.uint16), curve)
    return np.ascontiguousarray(_turn(np.asarray(array, np.uint8), matrix))


def display_matrix(frame: VideoFrame) -> NDArray[np.int32] | None:
    """The 3 x 3 matrix that a frame shall be shown with, row by row; None for as it is.

    Not for every frame: one that was asked for it stays in memory until Python looks for cycles.
    """
    found = cast(SideDataContainer, frame.side_data)
    for index in range(len(found)):
        if found[index].type is Type.DISPLAYMATRIX:
            return np.frombuffer(bytes(found[index]), np.int32)
    return None


def is_sideways(matrix: NDArray[np.int32] | None) -> bool:
    """Whether a display matrix exchanges width and height."""
    return matrix is not None and abs(int(matrix[1])) > abs(int(matrix[0]))


def _turn(array: "Picture", matrix: NDArray[np.int32] | None) -> "Picture":
    """Apply a display matrix: the point (x, y) is shown at (a x + c y, b x + d y).

    Only quarter turns and mirrors, which are all that cameras write, can be applied to pixels.
    """
    if matrix is None:
        return array
    a, b, _, c, d = (int(each) for each in matrix[:5])
    if is_sideways(matrix):
        array, across, down = array.transpose(1, 0, 2), c, b
    else:
        across, down = a, d
    return array[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
