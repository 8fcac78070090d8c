"""Single-level orthonormal 2-D Haar transform: the domain in which the network works (IV-B)."""

import torch
from torch import Tensor


def dwt(picture: Tensor) -> Tensor:
    """Haar wavelet transform of every channel of B x C x H x W, of any range, H and W even.

    Returns:
        B x 4C x H/2 x W/2. Channels are grouped by sub-band: the C averages first, then the C
        horizontal, vertical and diagonal details. The transform is orthonormal: it keeps squared
        distances, and the averages of a picture in [-1, 1] lie in [-2, 2].

    Raises:
        ValueError: H or W is odd.
    """
    if picture.shape[-2] % 2 or picture.shape[-1] % 2:
        raise ValueError(f"height and width must be even, not {tuple(picture.shape[-2:])}")
    top_left, top_right = picture[..., 0::2, 0::2], picture[..., 0::2, 1::2]
    bottom_left, bottom_right = picture[..., 1::2, 0::2], picture[..., 1::2, 1::2]
    left, left_detail = top_left + bottom_left, top_left - bottom_left
    right, right_detail = top_right + bottom_right, top_right - bottom_right
    bands = (left + right, left - right, left_detail + right_detail, left_detail - right_detail)
    return torch.cat(bands, dim=-3) / 2


def iwt(bands: Tensor) -> Tensor:
    """Inverse of :func:`dwt`: B x 4C x H/2 x W/2, sub-bands in its order, to B x C x H x W."""
    average, horizontal, vertical, diagonal = bands.chunk(4, dim=-3)
    left, right = average + horizontal, average - horizontal
    left_detail, right_detail = vertical + diagonal, vertical - diagonal
    top = torch.stack((left + left_detail, right + right_detail), dim=-1).flatten(-2)
    bottom = torch.stack((left - left_detail, right - right_detail), dim=-1).flatten(-2)
    return torch.stack((top, bottom), dim=-2).flatten(-3, -2) / 2
