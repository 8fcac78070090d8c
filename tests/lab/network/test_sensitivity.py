"""What an error in a protected picture becomes."""

import numpy as np
import pytest
import torch

from proface.lab.network.model import NetworkShape, ProFaceS, round_to_8_bits
from proface.lab.network.sensitivity import CONTENT_WEIGHT, LEVELS, rounding_of, sensitivity
from proface.lab.network.wavelet import dwt
from proface.profile.trained.rounding import NEAREST
from tests.lab.network.test_model import noise, random_weights

SMALL = NetworkShape(blocks=2, growth=4, depth=2)


def test_a_new_network_is_as_sensitive_as_a_copy():
    """It changes nothing: of the hardened flow, the carrier is the picture, and no error grows."""
    measured = sensitivity(ProFaceS(SMALL), "hardened", 2)
    np.testing.assert_allclose(measured, np.eye(12), atol=0.05)


def test_a_new_network_hides_no_face_that_could_suffer():
    assert not sensitivity(ProFaceS(SMALL), "paper", 2).any()


@pytest.mark.parametrize("flow", ["paper", "hardened"])
def test_it_foretells_what_errors_do(flow):
    network = random_weights(ProFaceS(SMALL), 0.03)
    measured = sensitivity(network, flow, 2)
    network = network.double()
    secret = dwt(noise(4, 1, 64, 64, seed=1).sign())
    protected = noise(4, 3, 64, 64, seed=2)
    error = 1e-4 * noise(4, 3, 64, 64, seed=3)

    def found(picture):
        x, y = network.uncouple(dwt(picture), secret)
        return x, y

    with torch.no_grad():
        before, after = found(protected), found(protected + error)
    change = [(b - a).square().sum().item() for b, a in zip(before, after, strict=True)]
    if flow == "hardened":
        details = (after[0] - before[0])[:, 3:].square().mean().item() * CONTENT_WEIGHT / LEVELS**2
        total = details * error.numel() + change[1]
    else:
        total = change[0]
    expected = np.trace(measured) / 12 * error.square().sum().item()
    assert total == pytest.approx(expected, rel=0.15)


def test_it_is_the_same_for_the_same_network():
    network = random_weights(ProFaceS(SMALL))
    first, second = (sensitivity(network, "hardened", 4) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_training_rounds_as_the_application_does():
    rounding = rounding_of(random_weights(ProFaceS(SMALL)), "hardened")
    picture = noise(2, 3, 24, 40).float()
    expected = rounding.to_bytes(picture.numpy())
    levels = (round_to_8_bits(picture, rounding) + 1) * 127.5
    np.testing.assert_allclose(levels.permute(0, 2, 3, 1).numpy(), expected, atol=1e-4)
    nearest = round_to_8_bits(picture, NEAREST)
    torch.testing.assert_close(nearest, round_to_8_bits(picture))


def test_gradients_pass_through_rounding_but_not_beyond_the_range():
    rounding = rounding_of(random_weights(ProFaceS(SMALL)), "hardened")
    picture = (1.5 * noise(1, 3, 16, 16)).float().requires_grad_()
    round_to_8_bits(picture, rounding).sum().backward()
    inside = picture.detach().abs() < 1
    torch.testing.assert_close(picture.grad, inside.float())
