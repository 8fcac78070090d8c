"""Attack 5: recovery from the merely obfuscated picture.

Knows: the program, the weights, the obfuscated picture, and here even the right key.

Does: recovers from the obfuscated picture in place of the protected one, as if the network could
make a face of any picture. This asks whether what is recovered was really hidden in the protected
picture, and whether a forger can pass plain blur off as a protected face.

Figures: ``psnr``, ``ssim``, ``lpips`` to the original; ``to_obfuscated`` the PSNR to the
obfuscated picture; ``refused`` the share of faces for which the tool notices that nothing is
hidden; ``pilots`` the mean correlation of the hardened flow's pilots, 1 for an untouched face and 0
for chance.
"""

from pathlib import Path

import numpy as np

from ...arrays import Picture
from ...keys import PictureKey
from ...profile.sealed.profile import SEALED
from ...profile.trained.pilots import THRESHOLD
from ..evaluation.metrics import psnr
from ..reporting.tables import table
from .base import (
    AttackSetting,
    Figures,
    Finding,
    Measured,
    Target,
    attack_each,
    compare,
    protect_all,
    unseal,
)
from .charts import mean_rows
from .raw import RawFlow

NAME = "spoofing"
TITLE = "Recovery from the obfuscated picture"

FACES = 50
ALONE, RIGHT, SPOOFED = "obfuscated alone", "protected picture", "obfuscated picture"


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""

    def attack(target: Target) -> Measured:
        key = setting.key(NAME, target.profile, target.faces.name)
        protected = protect_all(target.profile, target.originals, target.obfuscated, key)
        yield ALONE, compare(target.obfuscated, target.originals)
        yield RIGHT, _recover(target, protected, key)
        yield SPOOFED, _recover(target, target.obfuscated, key)

    return attack_each(setting, NAME, attack, setting.profiles, FACES)


def _recover(target: Target, pictures: Picture, key: PictureKey) -> Figures:
    """What the right key makes of pictures."""
    if target.profile == SEALED:
        refused = [unseal(picture, key, index) is None for index, picture in enumerate(pictures)]
        return {"refused": float(np.mean(refused))}
    raw = RawFlow(target.profile)
    secrets = raw.secrets(key, 0, pictures.shape)
    recovered, correlations = raw.recover_with_pilots(pictures, secrets)
    figures = compare(recovered, target.originals)
    figures["to_obfuscated"] = float(psnr(recovered, target.obfuscated).mean())
    if correlations:
        figures["pilots"] = float(np.mean(correlations))
        figures["refused"] = float(np.mean([value < THRESHOLD for value in correlations]))
    return figures


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    rows = mean_rows(
        findings, (("psnr", "{:.2f} dB"), ("to_obfuscated", "{:.2f} dB"), ("refused", "{:.0%}"))
    )
    titles = ("profile", "recovered from", "PSNR to the original", "to the obfuscated", "noticed")
    return _SUMMARY + table(titles, rows)


_SUMMARY = """\
Even with the right password, a face can be recovered only if it was hidden: the merely obfuscated
picture does not do instead. *Noticed* says how often the tool sees that nothing is there; the
paper's profiles cannot see it. For the hardened profiles the row shows what comes out if a program
of the attacker's own does not look.

"""
