"""The network: its size, its equations, its laws."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.lab.network.model import NetworkShape, ProFaceS, SecureCouplingBlock, round_to_8_bits
from proface.lab.network.wavelet import dwt, iwt
from proface.profile.trained import model_card

SMALL = NetworkShape(blocks=2, growth=4, depth=2)
EVEN = st.integers(1, 8).map(lambda n: 2 * n)


def random_weights(module, scale=0.1):
    """In every convolution, the last ones included, which start at zero."""
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
        parameter.data.copy_(scale * noise)
    return module


def noise(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1


def inputs(height, width, batch=1):
    maps = noise(batch, 1, height, width, seed=2).sign()
    return noise(batch, 3, height, width), noise(batch, 3, height, width, seed=1), maps


def test_the_papers_network_has_its_number_of_parameters():
    assert sum(parameter.numel() for parameter in ProFaceS().parameters()) == 1_073_040


def test_a_new_network_changes_nothing():
    original, obfuscated, key_map = (tensor.float() for tensor in inputs(16, 10, 2))
    protected, byproduct = ProFaceS()(original, obfuscated, key_map)
    torch.testing.assert_close(protected, obfuscated)
    torch.testing.assert_close(byproduct, original)


def test_a_block_computes_the_papers_equations():
    block = random_weights(SecureCouplingBlock(SMALL).double())
    x, y, secret = noise(2, 12, 5, 7), noise(2, 12, 5, 7, seed=1), noise(2, 4, 5, 7, seed=2)
    new_x, new_y = block(x, y, secret)

    def a(s):
        return SMALL.clamp * (2 / (1 + torch.exp(-s)) - 1)

    x_secret = torch.cat((x, secret), dim=1)
    expected_y = y * torch.exp(a(block.omega(x_secret))) + block.phi(x_secret)
    y_secret = torch.cat((expected_y, secret), dim=1)
    expected_x = x * torch.exp(a(block.rho(y_secret))) + block.eta(y_secret)
    torch.testing.assert_close(new_y, expected_y)
    torch.testing.assert_close(new_x, expected_x)


@settings(max_examples=10, deadline=None)
@given(height=EVEN, width=EVEN, batch=st.integers(1, 3))
def test_the_blocks_are_inverted_by_their_inverses(height, width, batch):
    network = random_weights(ProFaceS(SMALL).double())
    original, obfuscated, key_map = inputs(height, width, batch)
    protected, byproduct = network(original, obfuscated, key_map)
    assert protected.shape == byproduct.shape == original.shape
    x, y, secret = dwt(byproduct), dwt(protected), dwt(key_map)
    for block in reversed(network.blocks):
        x, y = block.inverse(x, y, secret)
    torch.testing.assert_close(iwt(x), original)
    torch.testing.assert_close(iwt(y), obfuscated)
    # Without the right secret it is not undone.
    x, y = dwt(byproduct), dwt(protected)
    for block in reversed(network.blocks):
        x, y = block.inverse(x, y, -secret)
    assert (iwt(x) - original).abs().max() > 1e-3


def test_recovery_puts_the_secret_in_the_byproducts_place():
    network = random_weights(ProFaceS(SMALL).double())
    _, protected, key_map = inputs(8, 6)
    secret = dwt(key_map)
    x, y = torch.cat((secret, secret, secret), dim=1), dwt(protected)
    for block in reversed(network.blocks):
        x, y = block.inverse(x, y, secret)
    recovered, byproduct = network.inverse(protected, key_map)
    torch.testing.assert_close(recovered, iwt(x))
    torch.testing.assert_close(byproduct, iwt(y))


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_a_pixel_matters_as_far_as_the_reach_and_no_farther(changed):
    """The law that makes tiling exact; its last squares are reached by original and key map."""
    network = random_weights(ProFaceS(SMALL).double())
    reach = model_card.Architecture(**SMALL.as_dict()).reach(2 * SMALL.blocks - 1)
    before = inputs(40, 40)
    after = [tensor.clone() for tensor in before]
    after[changed][..., 20, 20] += 0.5
    change = network(*after)[0] - network(*before)[0]
    farthest = farthest_square(change)
    assert farthest <= reach // 2
    if changed != 1:
        assert farthest == reach // 2


def test_recovery_has_the_same_reach():
    network = random_weights(ProFaceS(SMALL).double())
    reach = model_card.Architecture(**SMALL.as_dict()).reach(2 * SMALL.blocks - 1)
    _, protected, key_map = inputs(40, 40)
    other = protected.clone()
    other[..., 20, 20] += 0.5
    change = network.inverse(other, key_map)[0] - network.inverse(protected, key_map)[0]
    assert farthest_square(change) == reach // 2


def farthest_square(change):
    """How many 2 x 2 squares away from that of pixel (20, 20) something changed."""
    rows, columns = torch.nonzero(change.abs().amax(dim=(0, 1)), as_tuple=True)
    return max((rows // 2 - 10).abs().max().item(), (columns // 2 - 10).abs().max().item())


def test_rounding_is_that_of_a_file_and_its_gradient_that_of_clamping():
    levels = torch.linspace(-1.2, 1.2, 1000, dtype=torch.float64, requires_grad=True)
    rounded = round_to_8_bits(levels)
    bytes_ = np.rint((levels.detach().numpy().clip(-1, 1) + 1) * 127.5)
    np.testing.assert_allclose((rounded.detach().numpy() + 1) * 127.5, bytes_, atol=1e-9)
    rounded.sum().backward()
    np.testing.assert_array_equal(levels.grad, (levels.detach().abs() <= 1).double())
