"""The attackers' network and its training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from proface import ModelError
from proface.lab.attacks.unet import PicturePairs, Schedule, UNet, restore, train, validate

TINY = Schedule(
    steps=60, batch=4, sides=(16, 24), warmup=5, validate_every=20, widths=(8, 16), blocks=1
)


def pools():
    """Smooth pictures, and each with its bright half darkened: easily undone."""
    generator = np.random.default_rng(0)
    small = generator.integers(60, 200, (40, 4, 4, 3)).astype(np.uint8)
    targets = small.repeat(8, axis=1).repeat(8, axis=2)
    inputs = (targets * 0.8).astype(np.uint8)
    order = np.arange(30)
    return PicturePairs(inputs[:30], targets[:30], order), PicturePairs(
        inputs[30:], targets[30:], order[:10]
    )


def test_an_untrained_network_returns_what_it_is_given():
    pictures = np.random.default_rng(1).integers(0, 256, (3, 32, 48, 3), dtype=np.uint8)
    assert np.array_equal(restore(UNet(), pictures), pictures)


def test_the_default_network_is_several_times_ours():
    from proface.lab.network.model import ProFaceS

    ours, theirs = (sum(p.numel() for p in net.parameters()) for net in (ProFaceS(), UNet()))
    assert theirs > 4 * ours


def test_training_learns_and_keeps_a_curve(tmp_path):
    learning, validation = pools()
    before = validate(UNet(TINY.widths, TINY.blocks), validation)
    network, curve = train(learning, validation, TINY, tmp_path / "net.pt", threads=1)
    assert [step for step, _ in curve] == [20, 40, 60]
    assert curve[-1][1] > before + 2
    assert validate(network, validation) == curve[-1][1]


def test_a_killed_training_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    learning, validation = pools()
    whole, curve = train(learning, validation, TINY, tmp_path / "whole.pt", threads=1)

    class KilledError(Exception):
        pass

    class Mortal(PicturePairs):
        def batch(self, schedule, step):
            if step == 30:
                raise KilledError
            return super().batch(schedule, step)

    monkeypatch.setattr("proface.lab.attacks.unet._CHECKPOINT_SECONDS", 0)
    mortal = Mortal(learning.inputs, learning.targets, learning.target_of)
    with pytest.raises(KilledError):
        train(mortal, validation, TINY, tmp_path / "killed.pt", threads=1)
    resumed, again = train(learning, validation, TINY, tmp_path / "killed.pt", threads=1)
    assert again == curve
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_network_may_go_on_from_another_which_is_left_as_it_is(tmp_path):
    learning, validation = pools()
    first, curve = train(learning, validation, TINY, tmp_path / "first.pt", threads=1)
    before = [parameter.clone() for parameter in first.parameters()]
    short = replace(TINY, steps=20)
    _, further = train(learning, validation, short, tmp_path / "further.pt", 1, start=first)
    _, alone = train(learning, validation, short, tmp_path / "alone.pt", 1)
    assert further[-1][1] > alone[-1][1] + 1
    assert further[-1][1] > curve[-1][1] - 1
    for one, other in zip(before, first.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_of_another_schedule_is_refused(tmp_path):
    learning, validation = pools()
    train(learning, validation, replace(TINY, steps=1), tmp_path / "net.pt", threads=1)
    with pytest.raises(ModelError, match="other settings"):
        train(learning, validation, replace(TINY, steps=2), tmp_path / "net.pt", threads=1)


def test_inputs_may_share_a_target():
    learning, _ = pools()
    both = PicturePairs(np.concatenate((learning.targets, learning.targets)), learning.targets,
                np.tile(np.arange(30), 2))  # fmt: skip
    picture, original = both.batch(TINY, 3)
    assert torch.equal(picture, original)
