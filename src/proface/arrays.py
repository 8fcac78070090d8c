"""The arrays that all rooms pass to each other, by name."""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""A face or photograph: uint8, H x W x 3, RGB; or a batch of them, N x H x W x 3."""

Floats = NDArray[np.float32]
"""What networks compute with: float32, of the shape that is told where it is used."""

Landmarks = NDArray[np.float32]
"""float32, N x 5 x 2 of (x, y) in a crop's pixels: left eye, right eye, nose, left and right corner
of the mouth of each face in it; left and right as they are seen in the picture."""
