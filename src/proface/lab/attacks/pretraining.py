"""The network that every learning attacker starts from: it has learned to undo the obfuscation.

Obfuscated faces cost an attacker nothing, so he learns from those first, and goes on from there
with what a profile publishes. He then knows from the first step all that the obfuscated face gives
away, and further steps can only add to it; and one long training serves every profile.
"""

from ...arrays import Picture
from .base import AttackSetting
from .protected_faces import checkpoint, paired, protected_pool
from .unet import Curve, PicturePairs, Schedule, UNet, train

NAME = "beginner"
_FURTHER_SHARE = 0.4


def begin(setting: AttackSetting, learning: Picture, validation: Picture) -> tuple[UNet, Curve]:
    """Train on merely obfuscated faces for all of the setting's steps; kept for the next attack.

    Faces to learn from, and others for the curve, are uint8, N x 112 x 112 x 3.

    Raises:
        ModelError: the training was damaged, see `unet.train`.
    """
    inputs = protected_pool(setting, "", "learning", learning)
    return train(
        paired(learning, inputs),
        paired(validation, protected_pool(setting, "", "validation", validation)),
        Schedule(setting.steps, setting.seed, validate_every=max(1, setting.steps // 10)),
        checkpoint(setting, f"{NAME}-obfuscated", inputs),
        setting.threads,
    )


def go_on(
    setting: AttackSetting,
    name: str,
    learning: PicturePairs,
    validation: PicturePairs,
    start: UNet,
    mirror: bool = False,
) -> tuple[UNet, Curve]:
    """Train the beginner on; ``name`` is of the checkpoint, ``mirror`` as for `unet.Schedule`.

    Raises:
        ModelError: the training was damaged, see `unet.train`.
    """
    place = checkpoint(setting, name, learning.inputs)
    schedule = further(setting, mirror)
    return train(learning, validation, schedule, place, setting.threads, start)


def further(setting: AttackSetting, mirror: bool = False) -> Schedule:
    """How an attacker goes on from there: for two fifths of the steps, the rate raised again."""
    steps = max(1, round(_FURTHER_SHARE * setting.steps))
    return Schedule(steps, setting.seed + 1, mirror=mirror, validate_every=max(1, steps // 6))
