"""Attack 1: a network that learns to read protected faces without the key.

Knows: code, weights, the published pictures; not the password.

Does: trains a U-Net six times the size of ours to turn obfuscated faces into the originals, as long
as that gets better. Then protects a few thousand faces of his own, each with a fresh random key,
goes on training with those, and applies what he has to faces of other people, protected with
passwords he does not know. The yardstick goes on with obfuscated faces instead, with the same
originals, crops and number of steps. Published faces are 8-bit.

Figures: the nearness of his guesses to the originals, and the rate at which a face recogniser takes
them for the person. What he gets beyond the obfuscated faces alone is what the profile leaks.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..evaluation.recognition import Recogniser
from ..reporting.charts import bars, curves
from ..reporting.tables import table
from .base import AttackSetting, Figures, Finding, Measured, Target, attack_each
from .charts import distinct, link
from .identity import Identities, judge
from .pretraining import begin, go_on
from .protected_faces import learning_faces, paired, protected_pool, protected_test
from .unet import Curve, UNet, restore

NAME = "learned-decoder"
TITLE = "A network trained without the password"

ALONE = "obfuscated alone"
DECODER = "learned decoder"
_STEP = "step "
_CURVE = "learning curve"


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    recogniser = Recogniser.load()
    known = {faces.name: Identities.of(setting, recogniser, faces) for faces in setting.test}
    learning, validation = learning_faces(setting)
    start, begun = begin(setting, learning, validation)
    findings = []
    for profile in ("", *setting.profiles):
        inputs = protected_pool(setting, profile, "learning", learning)
        checks = protected_pool(setting, profile, "validation", validation)
        pairs = paired(learning, inputs), paired(validation, checks)
        network, curve = go_on(setting, f"{NAME}-{profile or 'obfuscated'}", *pairs, start)

        def attack(target: Target, network: UNet = network) -> Measured:
            guesses = restore(network, protected_test(setting, target))
            case = DECODER if target.profile else ALONE
            yield case, judge(guesses, target.faces, known[target.faces.name])

        findings += _curve_findings(profile, begun, curve)
        findings += attack_each(setting, NAME, attack, [profile])
    return findings


def _curve_findings(profile: str, begun: Curve, curve: Curve) -> list[Finding]:
    """The yardstick's curve is whole; a profile's begins where the yardstick's first part ended."""
    steps, value = begun[-1]
    first = [(steps, value)] if profile else begun
    return [
        Finding(NAME, profile, _CURVE, "", f"{_STEP}{step}", {"psnr": value})
        for step, value in (*first, *((steps + step, value) for step, value in curve))
    ]


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    # The yardstick stands first, whichever run was the last to measure it.
    findings = sorted(findings, key=lambda one: one.profile != "")
    results = [one for one in findings if not one.case.startswith(_STEP)]
    parts = [
        _INTRODUCTION,
        *(_set_section(results, data, figures) for data in distinct(results, "data")),
    ]
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in findings:
        if one.case.startswith(_STEP):
            point = (float(one.case.removeprefix(_STEP)), one.figures["psnr"])
            lines.setdefault(_title(one.profile), []).append(point)
    if lines:
        path = figures / f"{NAME}-curves.png"
        title = "What the attacker learns, step by step, on faces he has not seen"
        curves(path, lines, title, "training step", "dB to the original")
        parts.append(link(path, "Learning curves"))
    return "\n".join(parts)


def _set_section(results: Sequence[Finding], data: str, figures: Path) -> str:
    rows = [one for one in results if one.data == data]
    names, profiles = distinct(rows, "obfuscator"), distinct(rows, "profile")
    by = {(one.profile, one.obfuscator): one.figures for one in rows}
    alone = _mean([by["", name] for name in names if ("", name) in by])
    cells = []
    for profile in profiles:
        own = [by[profile, name] for name in names if (profile, name) in by]
        mean = _mean(own)
        row = [_title(profile), *(_text(by.get((profile, name), {})) for name in names)]
        cells.append([*row, _text(mean), _gain(mean, alone) if profile else "-"])
    path = figures / f"{NAME}-{data}.png"
    series = {
        _title(profile): [by.get((profile, name), {}).get("psnr") for name in names]
        for profile in profiles
    }
    bars(path, names, series, f"How near the attacker comes ({data})", "dB to the original")
    return (
        f"### {data}\n\n"
        + table(["learned from", *names, "mean", "more than obfuscated alone"], cells)
        + link(path, "How near the attacker comes")
    )


def _mean(rows: Sequence[Figures]) -> Figures:
    common = set.intersection(*(set(row) for row in rows)) if rows else set()
    return {name: float(np.mean([row[name] for row in rows])) for name in sorted(common)}


def _text(figures: Figures) -> str:
    if not figures:
        return "-"
    quality = f"{figures['psnr']:.2f} / {figures['ssim']:.3f} / {figures['lpips']:.3f}"
    return quality + (f" / {figures['verified']:.1%}" if "verified" in figures else "")


def _gain(figures: Figures, alone: Figures) -> str:
    if not alone:
        return "-"
    text = f"{figures['psnr'] - alone['psnr']:+.2f} dB"
    if "verified" in figures and "verified" in alone:
        text += f", {100 * (figures['verified'] - alone['verified']):+.1f} points"
    return text


def _title(profile: str) -> str:
    return f"`{profile}`" if profile else ALONE


_INTRODUCTION = """\
The attacker trains a large network to undo the obfuscation, until it hardly gets better. Then he
protects thousands of faces of his own, each with another random key, and goes on training it with
those, so that it may find what is hidden in them. Then he lets it loose on faces of strangers. As a
yardstick, an equal network goes on with faces that are obfuscated and have nothing hidden in them:
what it guesses is what blurring always gives away.

Cells: PSNR in dB / SSIM / LPIPS to the original / share of faces that a face recogniser
(MobileFaceNet) takes for the right person, when it takes one stranger in a hundred for that
person too. So 1 % is pure chance. A profile keeps its secret if its row is no better than the
first.
"""
