"""The Haar transform against its definition by matrices, and its laws."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.lab.network.wavelet import dwt, iwt

SHAPES = st.tuples(*[st.integers(1, 3)] * 2, *[st.integers(1, 12).map(lambda n: 2 * n)] * 2)


def noise(shape):
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


def test_a_square_of_four_pixels_by_hand():
    square = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    # Half of: the sum, left minus right, top minus bottom, and both.
    assert dwt(square).flatten().tolist() == [5.0, -1.0, -2.0, 0.0]


def test_it_is_the_product_with_the_haar_matrix():
    haar = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64) / 2**0.5
    picture = noise((2, 3, 8, 6))
    bands = dwt(picture).unflatten(1, (4, 3))
    for row in range(4):
        for column in range(3):
            square = picture[..., 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            expected = (haar @ square @ haar.T).flatten(-2).movedim(-1, 1)
            torch.testing.assert_close(bands[..., row, column], expected)


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES)
def test_it_is_inverted_and_keeps_distances(shape):
    picture = noise(shape)
    bands = dwt(picture)
    assert bands.shape == (shape[0], 4 * shape[1], shape[2] // 2, shape[3] // 2)
    torch.testing.assert_close(iwt(bands), picture)
    torch.testing.assert_close(dwt(iwt(bands)), bands)
    torch.testing.assert_close(bands.square().sum(), picture.square().sum())


def test_channels_are_grouped_by_band():
    picture = torch.stack([torch.full((4, 4), value) for value in (1.0, 2.0, 3.0)])[None]
    means = dwt(picture).mean(dim=(0, 2, 3))
    assert means.tolist() == [2.0, 4.0, 6.0] + [0.0] * 9


@pytest.mark.parametrize("shape", [(1, 1, 3, 4), (1, 1, 4, 3), (1, 1, 1, 1)])
def test_odd_sizes_are_refused(shape):
    with pytest.raises(ValueError, match="must be even"):
        dwt(torch.zeros(shape))
