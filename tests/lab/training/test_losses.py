"""Eq. 18 to 23 against values worked out by hand."""

import pytest
import torch

from proface.lab.training import losses


def flat(*values):
    return torch.stack([torch.full((3, 8, 8), value) for value in values])


def fake_distance(a, b):
    """A distance that is easily computed: the squared difference."""
    return (a - b).pow(2).mean(dim=(1, 2, 3))


def test_protection_is_five_times_lpips_plus_l1():
    loss = losses.protection_loss(flat(0.5, 0.0), flat(0.0, 0.0), fake_distance)
    assert loss.item() == pytest.approx((5 * 0.25 + 0.5) / 2)


def test_recovery_is_l1():
    assert losses.recovery_loss(flat(0.5, -0.1), flat(0.0, 0.1)).item() == pytest.approx(0.35)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"), [(0.0, 0.4, 0.6), (0.3, 0.1, 1.2), (0.0, 1.5, 0.0)]
)
def test_triplet(positive, negative, expected):
    loss = losses.triplet(losses.l1, flat(0.0), flat(positive), flat(negative))
    assert loss.item() == pytest.approx(expected)


def test_randwr_adds_both_triplets():
    loss = losses.randwr_loss(flat(0.0), flat(0.1), flat(0.8), fake_distance)
    assert loss.item() == pytest.approx((0.01 - 0.64 + 1) + (0.1 - 0.8 + 1))


def test_randwr_wants_every_patch_destroyed():
    original, wrong = torch.zeros(1, 3, 16, 16), torch.full((1, 3, 16, 16), 4.0)
    whole = losses.randwr_loss(original, original, wrong, fake_distance)
    wrong[..., :8, :8] = 0  # on the whole still farther than the margin
    leaking = losses.randwr_loss(original, original, wrong, fake_distance)
    assert whole.item() == 0
    assert leaking.item() == pytest.approx(0.25)


def test_obfswr_pulls_the_wrong_recovery_to_the_obfuscated():
    original, obfuscated, recovered, wrong = flat(0.0), flat(0.6), flat(0.1), flat(0.5)
    loss = losses.obfswr_loss(original, obfuscated, recovered, wrong, fake_distance)
    away = 0.01 - 0.25 + 1
    near = 0.01 - 0.25 + 1
    assert loss.item() == pytest.approx(0.1 + away + near)


def test_triplets_can_be_left_out():
    faces = (flat(0.0), flat(0.1), flat(0.8))
    assert losses.randwr_loss(*faces, fake_distance, ("lpips",)).item() == pytest.approx(0.37)
    assert losses.randwr_loss(*faces, fake_distance, ("l1",)).item() == pytest.approx(0.3, abs=1e-5)
    loss = losses.obfswr_loss(flat(0.0), flat(0.6), flat(0.1), flat(0.5), fake_distance, ("l1",))
    assert loss.item() == pytest.approx(0.1, abs=1e-5)


def test_total_weighs_in_order():
    terms = [torch.tensor(value) for value in (1.0, 2.0, 3.0)]
    assert losses.total_loss(*terms, (1, 10, 100)).item() == 321
