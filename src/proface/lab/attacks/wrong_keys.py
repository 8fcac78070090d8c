"""Attack 2: wrong keys.

Knows: the program, the weights, the published pictures; not the password. He is patient, and has
a program that shows him whatever a wrong key gives, even where the tool would refuse.

Does: recovers faces with random keys, and with passwords one bit or one character away from the
right one. Then he is given parts of the secret itself, which no guess at a password would give him:
a key map with one wrong entry, the map without the shuffle, the shuffle without the map, a shuffle
of which he knows a share.

Figures: ``psnr``, ``ssim``, ``lpips`` to the original, means over the tries; ``best`` the highest
PSNR of any try; ``gain`` the highest PSNR of a try above that of the same face obfuscated, negative
where no wrong key shows more of any face than is shown to everyone. ``refused`` is the share of
tries that gave no picture (`sealed`), ``tries`` their number.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from ...arrays import Picture
from ...keys import SALT_BYTES, Derivation, Key, PictureKey
from ...profile.sealed.profile import SEALED
from ..evaluation.metrics import psnr
from ..reporting.charts import bars
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
from .charts import distinct, link
from .raw import RawFlow, Secrets, flip_map, known_in_part, mixed

NAME = "wrong-keys"
TITLE = "Wrong keys"

FACES = 10
"""Faces of each set on which the keys take turns."""
NEAR = 100
"""Passwords of each kind that are nearly right, at most; with `AttackSetting.keys`, the smaller."""
SHARES = (0.1, 0.5, 0.9)
ALONE, RIGHT, RANDOM = "obfuscated alone", "right key", "random keys"
_PASSWORD = "correct horse battery staple"  # noqa: S105 - the example of everyone
_CHEAP = Derivation("argon2id", time_cost=1, memory_kib=8, lanes=1)
"""Argon2id at its least cost: which password gives which key is as unforeseeable as at any."""


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""

    def attack(target: Target) -> Measured:
        return _attack(setting, target)

    return attack_each(setting, NAME, attack, setting.profiles, FACES)


def _attack(setting: AttackSetting, target: Target) -> Measured:
    name = target.profile
    generator = setting.generator(NAME, name, target.faces.name, target.obfuscator)
    salts = generator.bytes(SALT_BYTES), generator.bytes(SALT_BYTES)

    def derive(password: str) -> PictureKey:
        return Key.derive(password, salts[0], _CHEAP).for_picture(salts[1])

    right = derive(_PASSWORD)
    protected = protect_all(name, target.originals, target.obfuscated, right)
    everyone = range(len(protected))
    yield ALONE, _figures(target, target.obfuscated, everyone)
    random = [PictureKey.from_bytes(generator.bytes(32)) for _ in range(setting.keys)]
    one_bit = one_bit_away(_PASSWORD, generator)[: setting.keys]
    one_character = one_character_away(_PASSWORD, generator)[: setting.keys]
    guesses = {
        RIGHT: [right] * len(protected),
        RANDOM: random,
        "passwords 1 bit away": [derive(each) for each in one_bit],
        "passwords 1 character away": [derive(each) for each in one_character],
    }
    if name == SEALED:
        for case, keys in guesses.items():
            yield case, _open(target, protected, keys)
        return
    raw = RawFlow(name)
    for case, keys in guesses.items():
        yield case, _guess(target, protected, raw, keys)
    known, other = (raw.secrets(key, 0, protected.shape) for key in (right, random[0]))
    for case, secrets in _parts(raw, known, other, generator):
        yield case, _figures(target, raw.recover(protected, secrets), everyone)


def _figures(target: Target, pictures: Picture, faces: Sequence[int]) -> Figures:
    """What tries on the faces of these indices give."""
    originals = target.originals[list(faces)]
    scores = psnr(pictures, originals)
    gains = scores - psnr(target.obfuscated[list(faces)], originals)
    extremes = {"best": float(scores.max()), "gain": float(gains.max())}
    return compare(pictures, originals) | extremes | {"tries": float(len(pictures))}


def one_bit_away(password: str, generator: np.random.Generator) -> list[str]:
    """Passwords of ASCII characters that differ in one bit, up to `NEAR`, in random order."""
    near = [
        password[:place] + chr(ord(letter) ^ 1 << bit) + password[place + 1 :]
        for place, letter in enumerate(password)
        for bit in range(7)
    ]
    return [near[int(index)] for index in generator.permutation(len(near))[:NEAR]]


def one_character_away(password: str, generator: np.random.Generator) -> list[str]:
    """`NEAR` passwords with one character more, less, or another, by turns."""
    near = []
    for turn in range(NEAR):
        place = int(generator.integers(len(password)))
        letter = password[place]
        while letter == password[place]:
            letter = chr(int(generator.integers(32, 127)))
        kept = password[place:] if turn % 3 == 0 else password[place + 1 :]
        near.append(password[:place] + ("" if turn % 3 == 1 else letter) + kept)
    return near


def _guess(target: Target, protected: Picture, raw: RawFlow, keys: Sequence[PictureKey]) -> Figures:
    """Every key on one face, by turns."""
    faces = [turn % len(protected) for turn in range(len(keys))]
    shape = (1, *protected.shape[1:])
    tries = [
        raw.recover(protected[face, None], raw.secrets(key, face, shape))
        for key, face in zip(keys, faces, strict=True)
    ]
    return _figures(target, np.concatenate(tries), faces)


def _open(target: Target, protected: Picture, keys: Sequence[PictureKey]) -> Figures:
    """The same where a wrong key opens nothing."""
    faces = [turn % len(protected) for turn in range(len(keys))]
    tries = [unseal(protected[face], key, face) for key, face in zip(keys, faces, strict=True)]
    opened = {turn: each for turn, each in enumerate(tries) if each is not None}
    counts = {"refused": 1 - len(opened) / len(keys), "tries": float(len(keys))}
    if not opened:
        return counts
    return (
        _figures(target, np.stack(list(opened.values())), [faces[turn] for turn in opened]) | counts
    )


def _parts(
    raw: RawFlow, known: Secrets, other: Secrets, generator: np.random.Generator
) -> Iterator[tuple[str, Secrets]]:
    """Parts of the known secret, given to the attacker, by the name of the case."""
    yield "key map 1 entry away, all else right", flip_map(known, generator)
    if raw.hardened is None:
        return
    yield "right key map, wrong shuffle", mixed(known, other)
    yield "right shuffle, wrong key map", mixed(other, known)
    for share in SHARES:
        for guess, rest in ((True, "rest guessed"), (False, "rest left out")):
            shuffles = tuple(
                known_in_part(each, share, generator, guess) for each in known.shuffles
            )
            case = f"shuffle known to {share:.0%}, {rest}"
            yield case, Secrets(known.maps, shuffles, known.pilots)


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    parts = [_SUMMARY]
    for profile in distinct(findings, "profile"):
        own = [finding for finding in findings if finding.profile == profile]
        parts.append(f"### `{profile}`\n\n" + _table(own))
    measured = [one for one in findings if "psnr" in one.figures and one.profile != SEALED]
    if measured:
        chart = figures / f"{NAME}.png"
        _draw(measured, chart)
        parts.insert(1, link(chart, "What wrong keys recover"))
    return "\n".join(parts)


_SUMMARY = """\
Someone tries other passwords than the right one, with a program of his own that shows whatever
comes out. The first rows are keys that a guesser can have. Below them he was *given* a part of the
secret, which no guess gives: they say how much depends on which part. *Most above obfuscated* is
the figure to look at: the best single try of all, less what the same face gives away to everyone by
being merely obfuscated. Below zero, trying keys was of no use to him; nor was it a few hundredths
above, where the luckiest of a thousand faint noises lies, and nobody can tell that it is.
"""


def _draw(findings: list[Finding], path: Path) -> None:
    profiles = distinct(findings, "profile")

    def column(case: str, figure: str, of: Callable[[list[float]], float]) -> list[float | None]:
        own = [one for one in findings if one.case == case]
        values = [[one.figures[figure] for one in own if one.profile == each] for each in profiles]
        return [of(each) if each else None for each in values]

    series = {
        "obfuscated alone": column(ALONE, "psnr", fmean),
        "random keys, mean": column(RANDOM, "psnr", fmean),
        "random keys, best try": column(RANDOM, "best", max),
        "right key": column(RIGHT, "psnr", fmean),
    }
    bars(path, profiles, series, "How near wrong keys come to the face", "PSNR in dB")


def _table(findings: list[Finding]) -> str:
    rows = []
    for case in distinct(findings, "case"):
        own = [finding.figures for finding in findings if finding.case == case]
        values = {name: [each[name] for each in own if name in each] for name in _COLUMNS}
        rows.append((case, *(_COLUMNS[name](values[name]) for name in _COLUMNS)))
    titles = ("key", "tries", "refused", "PSNR, mean", "SSIM", "LPIPS", "PSNR, best try")
    return table((*titles, "most above obfuscated"), rows)


def _cell(form: str, of: Callable[[list[float]], float]) -> Callable[[list[float]], str]:
    return lambda values: form.format(of(values)) if values else "-"


_COLUMNS: dict[str, Callable[[list[float]], str]] = {
    "tries": _cell("{:.0f}", sum),
    "refused": _cell("{:.1%}", fmean),
    "psnr": _cell("{:.2f} dB", fmean),
    "ssim": _cell("{:.3f}", fmean),
    "lpips": _cell("{:.3f}", fmean),
    "best": _cell("{:.2f} dB", max),
    "gain": _cell("{:+.2f} dB", max),
}
