"""High dynamic range, told and on request brought down to what every screen shows.

Method A of Report ITU-R BT.2446-1, section 4: from 1000 to 100 cd/m2, by a curve over luma that
leaves dark and middle tones nearly as they are. What is brighter than 1000 cd/m2 is cut off. Then
BT.2020's primaries become BT.709's (BT.2087), and what they cannot show is clipped. PQ and HLG are
those of BT.2100. HLG is rendered for a screen of 1000 cd/m2, which has a system gamma of 1.2.
"""

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..arrays import Picture

Curve = Literal["PQ", "HLG"]
SDR = 1
"""FFmpeg's number of BT.709, for primaries and for the transfer characteristics."""

_CURVES: dict[int, Curve] = {16: "PQ", 18: "HLG"}  # AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)  # BT.2020
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
_PEAK = 1000
_GAMMA = 2.4
_SYSTEM_GAMMA = 1.2
_STEPS = 4096
_STRIP = 64  # rows at a time, so that little memory is taken
_RHO_HDR = 1 + 32 * (_PEAK / 10_000) ** (1 / _GAMMA)
_RHO_SDR = 1 + 32 * (100 / 10_000) ** (1 / _GAMMA)

Values = NDArray[np.float32]


def curve(transfer: int) -> Curve | None:
    """Which curve of high dynamic range a transfer characteristic is; None for none.

    Args:
        transfer: FFmpeg's number.
    """
    return _CURVES.get(transfer)


def to_sdr(pixels: NDArray[np.uint16], kind: Curve) -> Picture:
    """A frame of high dynamic range as one of BT.709: uint8, H x W x 3, RGB.

    Args:
        pixels: H x W x 3, RGB, full range, primaries of BT.2020.
        kind: how light is coded in them.
    """
    out = np.empty(pixels.shape, np.uint8)
    for top in range(0, len(pixels), _STRIP):
        rows = np.s_[top : top + _STRIP]
        coded = _table(kind)[pixels[rows]]
        if kind == "HLG":
            scene = np.maximum(coded @ _LUMA, 1e-6)[..., None]
            coded = (coded * scene ** (_SYSTEM_GAMMA - 1)) ** np.float32(1 / _GAMMA)
        light = _compressed(coded) ** np.float32(_GAMMA) @ _TO_709.T
        out[rows] = np.rint(255 * np.clip(light, 0, 1) ** np.float32(1 / _GAMMA))
    return out


def _compressed(coded: Values) -> Values:
    """Method A on R'G'B' from 0 to 1, which is 1000 cd/m2; the result's 1 is 100 cd/m2."""
    luma = np.clip(coded @ _LUMA, 1e-6, 1)
    mapped = np.interp(luma, np.linspace(0, 1, _STEPS), _luma_curve()).astype(np.float32)
    scale = mapped / (np.float32(1.1) * luma)
    red, blue = scale * (coded[..., 0] - luma), scale * (coded[..., 2] - luma)
    mapped -= np.maximum(np.float32(0.1) * red / np.float32(1.4746), 0)
    red, blue = mapped + red, mapped + blue
    green = (mapped - _LUMA[0] * red - _LUMA[2] * blue) / _LUMA[1]
    return np.asarray(np.clip(np.stack([red, green, blue], axis=-1), 0, 1), np.float32)


@cache
def _luma_curve() -> NDArray[np.float64]:
    luma = np.linspace(0, 1, _STEPS)
    bright = np.log(1 + (_RHO_HDR - 1) * luma) / np.log(_RHO_HDR)
    middle = -1.1510 * bright**2 + 2.7811 * bright - 0.6302
    low, high = 1.0770 * bright, 0.5 * bright + 0.5
    bent = np.where(bright <= 0.7399, low, np.where(bright < 0.9909, middle, high))
    return np.asarray((_RHO_SDR**bent - 1) / (_RHO_SDR - 1))


@cache
def _table(kind: Curve) -> Values:
    """By 16-bit value: of PQ, light of the screen to the power 1 / 2.4; of HLG, light of the scene.

    Either from 0 to 1.
    """
    value = np.linspace(0, 1, 2**16)
    if kind == "PQ":  # BT.2100, table 4
        root = value ** (1 / 78.84375)
        light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (
            1 / 0.1593017578125
        )
        found = np.minimum(light * 10_000 / _PEAK, 1) ** (1 / _GAMMA)
    else:  # BT.2100, table 5
        bright = (np.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
        found = np.where(value <= 0.5, value**2 / 3, bright)
    return found.astype(np.float32)
