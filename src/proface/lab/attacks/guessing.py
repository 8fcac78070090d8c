"""Attack 8: the cost of guessing passwords.

Knows: the program, the weights, one protected picture with its manifest, and a list of 10^8
passwords in which the right one stands. He has as many computers as he pays for.

Does: derives the key of every password and looks whether it fits. Timed here is the work of one
guess: deriving the key, and the cheapest test of a key. Under the paper's derivation, PBKDF2 of 10
iterations, that test is the key map of a patch of 32 x 32 pixels and the patch's recovery. For
`sealed` it is the seal. For the hardened flow it is the shuffle of the whole face, since every
pilot depends on every place; the network is run once for all guesses.

Figures: ``derive`` and ``test`` are seconds of one processor core for a guess, ``seconds`` their
sum; ``core_days`` and ``dollars`` are for the whole list, at `DOLLARS_PER_CORE_HOUR`. ``gpu_rate``
is how many keys one graphics card could derive in a second if nothing but its memory held it back:
Argon2id reads two blocks for every one it writes (RFC 9106), at `GPU_BYTES_PER_SECOND`.
"""

import time
from collections.abc import Callable
from pathlib import Path

from ...arrays import Picture
from ...keys import SALT_BYTES, Derivation, Key
from ...profile.sealed.profile import SEALED
from ...profile.trained.pilots import pilots
from ...profile.trained.shuffle import Shuffle
from ..reporting.tables import table
from .base import AttackSetting, Figures, Finding, protect_all, unseal
from .charts import number
from .raw import RawFlow

NAME = "guessing"
TITLE = "Guessing the password"

DICTIONARY = 10**8
"""Passwords on the list: more than the common collections of leaked ones hold."""
DOLLARS_PER_CORE_HOUR = 0.04
"""Assumed: what a core for an hour cost at large cloud providers in 2024, on demand, about."""
GPU_BYTES_PER_SECOND = 1.008e12
"""Memory bandwidth of an NVIDIA RTX 4090, from its data sheet."""
PATCH = 32
"""Pixels of a patch's side, enough to tell a face from noise."""
_REPEATS = 5


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`; the first face alone is used."""
    salt = setting.generator(NAME).bytes(SALT_BYTES)
    face = setting.test[0].pictures[:1]
    obfuscated = setting.test[0].obfuscated(setting.obfuscators[0])[:1]
    key = setting.key(NAME)
    findings = []
    for name in setting.profiles:
        test, patch = _tester(name, protect_all(name, face, obfuscated, key))
        for derivation in (Derivation(), Derivation("paper")):
            if derivation.algorithm == "paper" and not patch:
                continue  # Refused by `sealed`, and no reproduction of the paper's flow.
            case = f"guess under {derivation.algorithm}"
            figures = _cost(derivation, salt, test)
            findings.append(Finding(NAME, name, "", "", case, figures))
    return findings


def _cost(derivation: Derivation, salt: bytes, test: Callable[[Key], object]) -> Figures:
    """What a guess takes and a whole list costs."""

    def derive() -> Key:
        key = Key.derive("a guess", salt, derivation)
        if derivation.algorithm == "paper":
            key.map(0, PATCH, PATCH)  # PBKDF2 runs here, and not before.
        return key

    key = derive()
    figures = {"derive": _core_seconds(derive), "test": _core_seconds(lambda: test(key))}
    figures["seconds"] = sum(figures.values())
    core_hours = figures["seconds"] * DICTIONARY / 3600
    figures |= {"core_days": core_hours / 24, "dollars": core_hours * DOLLARS_PER_CORE_HOUR}
    if derivation.algorithm == "argon2id":
        moved = 3 * derivation.time_cost * derivation.memory_kib * 1024
        figures["gpu_rate"] = GPU_BYTES_PER_SECOND / moved
    return figures


def _core_seconds(work: Callable[[], object]) -> float:
    """Least processor time of some repetitions, over all threads."""
    times = []
    for _ in range(_REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _tester(name: str, protected: Picture) -> tuple[Callable[[Key], object], bool]:
    """The cheapest test of a key, and whether a patch of the face is enough for it."""
    height, width = protected.shape[1:3]
    if name == SEALED:
        return lambda key: unseal(protected[0], key, 0), False
    raw = RawFlow(name)
    if raw.hardened is not None:
        hardened = raw.hardened
        secrets = raw.secrets(Key.from_bytes(bytes(32)), 0, protected.shape)
        payloads, _ = hardened.extract(protected, secrets.maps)

        def find_pilots(key: Key) -> float:
            shuffle = Shuffle.draw(key, 0, height, width, payloads.shape[1])
            known = pilots(key, 0, height, width)
            return float(known @ shuffle.undo(payloads[0])[: len(known)])

        return find_pilots, False
    patch = protected[:, :PATCH, :PATCH]
    return lambda key: raw.recover(patch, raw.secrets(key, 0, patch.shape)), True


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    rows = [
        (
            f"`{finding.profile}`",
            finding.case.removeprefix("guess under "),
            *(number(finding.figures, name, form) for name, form in _COLUMNS),
        )
        for finding in findings
    ]
    titles = ("profile", "derivation", "deriving a key", "testing it", "core-days", "US$")
    return _SUMMARY + table((*titles, "keys a second on a GPU, at most"), rows)


_COLUMNS = (
    ("derive", "{:.6f} s"),
    ("test", "{:.4f} s"),
    ("core_days", "{:,.0f}"),
    ("dollars", "{:,.0f}"),
    ("gpu_rate", "{:,.0f}"),
)

_SUMMARY = f"""\
No encryption helps a password that stands on a list. Someone who tries a list of {DICTIONARY:,}
passwords, the right one among them, has to do this much work, measured as seconds of one core of
the processor that made this report. Money is at an assumed {DOLLARS_PER_CORE_HOUR:.2f} US$ for a
core and hour, about what large cloud providers asked in 2024. The last column is what one fast
graphics card (NVIDIA RTX 4090, {GPU_BYTES_PER_SECOND / 1e12:.3f} TB a second) could derive at most,
counting nothing but the traffic to its memory that Argon2id forces upon it. Under the paper's
derivation nothing does, and special hardware is faster by orders of magnitude than the table says.

What follows: a password of four or five words drawn by dice is on no list (five words are
2.8 x 10^19 possibilities, 280 billion times as many); a word with a number behind it is.

"""
