"""Attack 9: undoing the obfuscation itself, whatever is hidden or not.

Knows: the obfuscated picture and which obfuscator made it; nothing is hidden in it, so no profile,
and no password, makes a difference.

Does: for each obfuscator, goes on training the `beginner`, a U-Net, on faces obfuscated at several
strengths, to turn them into the originals. Then a face recogniser compares the obfuscated face, and
the restored one, with another, unobfuscated picture of the same person.

Figures: ``psnr`` and ``verified`` of the face as it is published, and as it is restored. The rate
of pure chance is 1 %, the false-accept rate. What is far above does not hide who it is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ... import obfuscators
from ...arrays import Picture
from ..data import paper_strengths
from ..data.obfuscation import obfuscate
from ..evaluation.metrics import psnr
from ..evaluation.recognition import Recogniser
from ..reporting.charts import curves
from ..reporting.tables import table
from .base import AttackSetting, Faces, Figures, Finding
from .charts import distinct, link
from .identity import FALSE_ACCEPT_RATE, Identities
from .pretraining import begin, go_on
from .protected_faces import learning_faces, paired
from .unet import UNet, restore

NAME = "restoration"
TITLE = "Undoing the blur itself"

STRENGTHS: dict[str, tuple[float, ...]] = {
    "gaussian": (4, 8, 12, 20, 32),
    "pixelate": (5, 9, 14, 20, 28),
    "median": (8, 15, 25, 37, 51),
}
"""In pixels of a 112-pixel face; other obfuscators are tried at their default alone."""
HIDDEN, HARDLY = 3 * FALSE_ACCEPT_RATE, 0.10
"""Verification rates up to which a setting is said to hide an identity, and to hide most."""
_LEARNING_FACES = 8000
_AS_PUBLISHED, _RESTORED = "as published", "restored"
_STRENGTH = "strength "
_STEP = "step "
_CURVE = "learning curve"


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    recogniser = Recogniser.load()
    known = [Identities.of(setting, recogniser, faces) for faces in setting.test]
    start, _ = begin(setting, *learning_faces(setting))
    learning, validation = learning_faces(setting, _LEARNING_FACES)
    findings = []
    for name in setting.obfuscators:
        network, steps = _learn(setting, name, start, learning, validation)
        findings += steps
        for faces, identities in zip(setting.test, known, strict=True):
            findings += _judge(name, network, faces, identities)
    return findings


def _learn(
    setting: AttackSetting, name: str, start: UNet, learning: Picture, validation: Picture
) -> tuple[UNet, list[Finding]]:
    pairs = paired(learning, _in_turn(learning, name))
    checks = paired(validation, _in_turn(validation, name))
    network, curve = go_on(setting, f"{NAME}-{name}", pairs, checks, start, mirror=True)
    steps = [
        Finding(NAME, "", _CURVE, name, f"{_STEP}{step}", {"psnr": value}) for step, value in curve
    ]
    return network, steps


def _in_turn(originals: Picture, name: str) -> Picture:
    """Each face obfuscated at the next strength."""
    strengths = _strengths(name)
    return np.concatenate(
        [
            obfuscate([face], name, strengths[index % len(strengths)], index)
            for index, face in enumerate(originals)
        ]
    )


def _strengths(name: str) -> tuple[float | None, ...]:
    return STRENGTHS.get(name, (paper_strengths.test_strength(name),))


def _judge(name: str, network: UNet, faces: Faces, identities: Identities | None) -> list[Finding]:
    findings = []
    for strength in _strengths(name):
        obfuscated = obfuscate(faces.pictures, name, strength)
        for case, pictures in (
            (_AS_PUBLISHED, obfuscated),
            (_RESTORED, restore(network, obfuscated)),
        ):
            figures: Figures = {
                "strength": float(strength or 0),
                "psnr": float(psnr(pictures, faces.pictures).mean()),
            }
            if identities:
                figures["verified"] = identities.verified(pictures)
            title = f"{_STRENGTH}{strength or 0:g}, {case}"
            findings.append(Finding(NAME, "", faces.name, name, title, figures))
    return findings


def section(findings: list[Finding], figures: Path) -> str:
    """Which settings hide an identity, a table and a chart for each obfuscator."""
    results = [one for one in findings if not one.case.startswith(_STEP)]
    names = distinct(results, "obfuscator")
    verdicts = [[name, safe_text(results, name)] for name in names]
    parts = [_INTRODUCTION, table(["obfuscator", "hides who it is"], verdicts)]
    parts += [_obfuscator_section(results, name, figures) for name in names]
    return "\n".join(parts)


def safe_text(results: Sequence[Finding], name: str) -> str:
    """From which strength on no attacker got more than `HIDDEN`, in words."""
    own = [one for one in results if one.obfuscator == name and "verified" in one.figures]
    if not own:
        return "not measured: no pairs of pictures"
    strengths = sorted({one.figures["strength"] for one in own}, reverse=True)
    safe = None
    for strength in strengths:
        if _worst(own, strength) > HIDDEN:
            break
        safe = strength
    if safe is None:
        return f"at no strength tried, up to {strengths[0]:g}"
    return f"from strength {safe:g} on"


def _worst(own: Sequence[Finding], strength: float) -> float:
    """The most that anyone got at a strength, on any set, restored or not."""
    return max(one.figures["verified"] for one in own if one.figures["strength"] == strength)


def _obfuscator_section(results: Sequence[Finding], name: str, figures: Path) -> str:
    own = [one for one in results if one.obfuscator == name]
    sets = distinct(own, "data")
    by = {
        (one.data, one.figures["strength"], one.case.partition(", ")[2]): one.figures for one in own
    }
    strengths = sorted({strength for _, strength, _ in by})
    rows = []
    lines: dict[str, list[tuple[float, float]]] = {}
    for strength in strengths:
        row = [f"{strength:g}"]
        for data in sets:
            for case in (_AS_PUBLISHED, _RESTORED):
                cell = by.get((data, strength, case), {})
                row.append(_text(cell))
                if "verified" in cell:
                    point = (strength, 100 * cell["verified"])
                    lines.setdefault(f"{data}, {case}", []).append(point)
        rows.append([*row, _verdict(own, strength)])
    titles = [f"{data}, {case}" for data in sets for case in (_AS_PUBLISHED, _RESTORED)]
    choice = obfuscators.get(name).strength
    measure = choice.name if choice else "none to choose"
    text = f"### {name}\n\n" + table([f"strength ({measure})", *titles, "verdict"], rows)
    if lines:
        path = figures / f"{NAME}-{name}.png"
        title = f"Who is recognised behind {name} (1 % is chance)"
        curves(path, lines, title, f"strength ({measure})", "% recognised")
        text += link(path, f"Who is recognised behind {name}")
    return text


def _text(cell: Figures) -> str:
    if not cell:
        return "-"
    return f"{cell['psnr']:.1f} dB" + (f", {cell['verified']:.1%}" if "verified" in cell else "")


def _verdict(own: Sequence[Finding], strength: float) -> str:
    measured = [one for one in own if "verified" in one.figures]
    if not measured:
        return "-"
    worst = _worst(measured, strength)
    if worst <= HIDDEN:
        return "hides who it is"
    return "hides most people" if worst <= HARDLY else "does **not** hide who it is"


_INTRODUCTION = f"""\
Blur and pixels can be undone in part, and a person can be known by what is left. Here an attacker
trains a network that undoes one obfuscator at several strengths, and a face recogniser
(MobileFaceNet) compares the published and the restored face with another picture of the same
person. The percentage is the share of people it recognises, when it takes one stranger in a
hundred for that person too: **1 % is pure chance**. A setting is said to hide who it is up to
{HIDDEN:.0%} in the worst case measured, and to hide most people up to {HARDLY:.0%}. Strengths are
given in pixels of a face of 112 pixels.

A recogniser that is trained on blurred faces would do better, and so does someone who knows who
may be in the picture, or recognises hair, clothes or place. Take more than the table asks for.
"""
