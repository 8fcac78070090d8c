"""Attack 4: a known pair of original and protected picture, used on a second picture.

Knows: the program, the weights, two pictures that were protected with one password, and the
original of the first. The original gives him its obfuscated form too.

Does: fits a key map to the pair by gradient, so that the network makes of the original just what
was published, and uses that map on the second picture. Many maps explain one pair, and the search
finds one of them, with numbers between -1 and 1, and not the true one; so he is also given more
than he can compute: all true secrets of the first picture. Both are done with a salt of each
picture, as the application always has it, and without. Without one, the paper's derivation makes
one key map for all pictures of a password; of the hardened flow, one key and one face index serve
for both pictures, which is a misuse of it. A search for the hardened flow's shuffle is not tried:
the bound stands for it.

Figures: ``psnr``, ``ssim``, ``lpips`` of the second picture as he recovers it, to its original;
``bits`` the share of the entries of the second picture's key map that he has right, where chance is
one half.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...keys import SALT_BYTES, Derivation, Key
from ..data.pictures import to_tensor
from ..network.installed import load_torch
from ..network.model import ProFaceS
from ..reporting.tables import table
from .base import AttackSetting, Finding, Measured, Target, attack_each, compare
from .charts import QUALITY, link, mean_rows, psnr_chart
from .gradient import STEPS, find_maps
from .raw import RawFlow, Secrets, raw_flows

NAME = "known-plaintext"
TITLE = "One leaked original"

PAIRS = 2
"""Of a known and an unknown picture, of each set and obfuscator."""
_RATE = 0.3
ALONE, RIGHT = "obfuscated alone", "right key"
SHARED, SALTED = "no salt of each picture", "a salt of each picture"
FITTED, GIVEN = "map fitted to the first", "all secrets of the first"
_PASSWORD = "correct horse battery staple"  # noqa: S105 - the example of everyone


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    flows = raw_flows(setting.profiles)

    def attack(target: Target) -> Measured:
        return _attack(setting, flows[target.profile], target)

    return attack_each(setting, NAME, attack, list(flows), 2 * PAIRS)


def _attack(setting: AttackSetting, raw: RawFlow, target: Target) -> Measured:
    """The first half of the faces is known, and the second under attack."""
    originals, obfuscated = target.originals, target.obfuscated
    half = len(originals) // 2
    unknown = originals[half:]
    yield ALONE, compare(obfuscated[half:], unknown)
    for case, salted in ((SHARED, False), (SALTED, True)):
        keys = _keys(setting, raw, salted, len(originals))
        protected = np.concatenate(
            [
                raw.flow.protect(originals[n : n + 1], obfuscated[n : n + 1], key)
                for n, key in enumerate(keys)
            ]
        )
        secrets = [raw.secrets(key, 0, (1, *originals.shape[1:])) for key in keys]
        first, second = Secrets.join(secrets[:half]), Secrets.join(secrets[half:])
        if salted:
            yield RIGHT, compare(raw.recover(protected[half:], second), unknown)
        known = {GIVEN: first}
        if raw.hardened is None:
            maps = fit_maps(
                load_torch(target.profile),
                to_tensor(originals[:half]),
                to_tensor(obfuscated[:half]),
                to_tensor(protected[:half]),
                steps=min(setting.steps, STEPS),
                generator=torch.Generator().manual_seed(setting.seed),
            )
            known[FITTED] = Secrets(maps.numpy(), ())
        for source, secret in known.items():
            bits = {"bits": float(np.mean(np.sign(secret.maps) == second.maps))}
            recovered = raw.recover(protected[half:], secret)
            yield f"{source}, {case}", compare(recovered, unknown) | bits


def _keys(setting: AttackSetting, raw: RawFlow, salted: bool, count: int) -> list[Key]:
    """The keys of pictures that were protected with one password."""
    if raw.hardened is None and not salted:
        return [Key.derive(_PASSWORD, derivation=Derivation("paper"))] * count
    key = setting.key(NAME)
    if not salted:
        return [key] * count
    generator = setting.generator(NAME, "salts")
    return [key.for_picture(generator.bytes(SALT_BYTES)) for _ in range(count)]


def fit_maps(
    network: ProFaceS,
    original: Tensor,
    obfuscated: Tensor,
    protected: Tensor,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """Key maps under which the network makes of known originals what was published.

    The published pictures alone lead there. Asking for the recovery as well finds maps that recover
    the known originals and no others. Pictures are N x 3 x H x W in [-1, 1], maps N x 1 x H x W in
    (-1, 1); ``generator`` draws where the search begins.
    """

    def loss(maps: Tensor) -> Tensor:
        published: Tensor = network(original, obfuscated, maps)[0]
        return (published - protected).abs().mean()

    return find_maps(original, loss, steps, _RATE, generator)


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    rows = mean_rows(findings, (*QUALITY, ("bits", "{:.1%}")))
    titles = ("profile", "second picture recovered with", "PSNR", "SSIM", "LPIPS", "map right")
    if not findings:
        return _SUMMARY + table(titles, rows)
    chart, title = figures / f"{NAME}.png", "What one leaked original opens"
    opened = (f"{GIVEN}, {SALTED}", f"{FITTED}, {SHARED}", f"{GIVEN}, {SHARED}")
    psnr_chart(findings, (ALONE, *opened, RIGHT), chart, title)
    return _SUMMARY + link(chart, title) + "\n" + table(titles, rows)


_SUMMARY = """\
The owner of a password published two protected pictures, and the original of one of them leaked.
Does that open the other? The attacker computes what he can from the pair (*map fitted*); and, to be
on the safe side, he is also handed *all secrets* of the first picture. With the paper's way to make
keys these open the second picture as well, for one password makes one key map for all pictures. In
`proface`, every picture has a random salt, and so unrelated secrets (*a salt of each picture*), and
that closes this door. The hardened profiles without a salt are a misuse of the library, with one
key and one face index for both pictures.

"""
