"""PSNR, SSIM and LPIPS of whole batches of 8-bit pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from ...arrays import Floats, Picture
from ...profile import quality
from ..data.pictures import to_tensor
from .lpips import Lpips

Scores = NDArray[np.float64]
Pictures = Picture | Floats
PSNR_LIMIT = 100.0
"""dB given to equal pictures, so that means stay finite."""


def psnr(a: Pictures, b: Pictures) -> Scores:
    """Peak signal-to-noise ratio of each pair in dB, at most 100; N x H x W x 3, levels of 255."""
    return np.minimum([quality.psnr(*pair) for pair in zip(a, b, strict=True)], PSNR_LIMIT)


def ssim(a: Pictures, b: Pictures) -> Scores:
    """Structural similarity of each pair, -1 to 1; N x H x W x 3 in levels of 255.

    Wang et al. (2004) with their Gaussian window of deviation 1.5, mean over the channels.
    """
    pairs = zip(a, b.astype(a.dtype), strict=True)
    return np.array(
        [
            structural_similarity(  # type: ignore[no-untyped-call]
                one,
                other,
                channel_axis=2,
                data_range=255,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
            for one, other in pairs
        ]
    )


@torch.inference_mode()
def lpips_distance(a: Pictures, b: Pictures, lpips: Lpips) -> Scores:
    """LPIPS of each pair; N x H x W x 3 in levels of 255."""
    device = lpips.get_buffer("mean").device
    pairs = (to_tensor(pictures).to(device) for pictures in (a, b))
    distances: Scores = lpips(*pairs).double().cpu().numpy()
    return distances


@dataclass(frozen=True)
class Quality:
    """How near one set of pictures is to another, means over the set."""

    psnr: float
    """dB."""
    ssim: float
    lpips: float

    @classmethod
    def of(cls, a: Pictures, b: Pictures, lpips: Lpips) -> "Quality":
        """Compare pictures pair by pair, N x H x W x 3 in levels of 255; ``b`` are whole levels."""
        scores = (psnr(a, b), ssim(a, b), lpips_distance(a, b, lpips))
        return cls(*(float(values.mean()) for values in scores))

    @classmethod
    def mean(cls, parts: "list[Quality]") -> "Quality":
        """The unweighted mean."""
        columns = zip(*((part.psnr, part.ssim, part.lpips) for part in parts), strict=True)
        return cls(*(float(np.mean(column)) for column in columns))
