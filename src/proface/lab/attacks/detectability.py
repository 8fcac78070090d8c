"""Attack 7: telling protected faces from merely obfuscated ones.

Knows: code, weights, the published pictures; not the password.

Does: protects faces of his own with random keys, and trains two judges to tell them from the same
faces merely obfuscated: a linear discriminant on the features of classical steganalysis (SPAM), and
a small convolutional network behind fixed high-pass filters. Both judge faces of other people.

Figures: ``auc``, the area under the ROC curve: how often a protected face is found more suspicious
than an obfuscated one. 0.5 is guessing; at 1.0 nobody can deny that something is hidden. He must
only know that the face was obfuscated by this program, and saved without loss.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...arrays import Picture
from ..reporting.charts import bars
from ..reporting.tables import table
from .base import AttackSetting, Finding, Measured, Target, attack_each
from .charts import distinct, link, mean_figures, number
from .protected_faces import learning_faces, protected_pool, protected_test
from .steganalysis import Discriminant, area_under_curve, detector_scores, spam, train_detector

NAME = "detectability"
TITLE = "Telling that something is hidden"

FEATURES, NETWORK = "steganalysis features", "network"
_CASES = (FEATURES, NETWORK)
_FACES = 3000
_NETWORK_SHARE = 0.1
"""The network needs fewer steps than a decoder: this share of the setting's, at least `_LEAST`."""
_LEAST = 200

Judge = Callable[[Picture], NDArray[np.float64]]
"""Pictures to scores."""


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    if setting.threads:
        torch.set_num_threads(setting.threads)
    learning, _ = learning_faces(setting, _FACES)
    obfuscated = protected_pool(setting, "", "learning", learning)
    findings = []
    for profile in setting.profiles:
        protected = protected_pool(setting, profile, "learning", learning)
        judges = _judges(setting, obfuscated, protected)

        def attack(target: Target, judges: dict[str, Judge] = judges) -> Measured:
            published = protected_test(setting, target)
            for case, judge in judges.items():
                area = area_under_curve(judge(target.obfuscated), judge(published))
                yield case, {"auc": area}

        findings += attack_each(setting, NAME, attack, [profile])
    return findings


def _judges(setting: AttackSetting, obfuscated: Picture, protected: Picture) -> dict[str, Judge]:
    discriminant = Discriminant.fit(spam(obfuscated), spam(protected))
    steps = max(_LEAST, round(_NETWORK_SHARE * setting.steps))
    detector = train_detector(obfuscated, protected, steps, setting.seed)
    return {
        FEATURES: lambda pictures: discriminant.scores(spam(pictures)),
        NETWORK: lambda pictures: detector_scores(detector, pictures),
    }


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    profiles, names = distinct(findings, "profile"), distinct(findings, "obfuscator")
    by = {(one.profile, one.data, one.case, one.obfuscator): one.figures for one in findings}
    rows = [
        [
            *(f"`{profile}`", data, case),
            *(number(by.get((profile, data, case, name), {}), "auc", "{:.3f}") for name in names),
        ]
        for profile in profiles
        for data in distinct(findings, "data")
        for case in _CASES
    ]
    best = {profile: _best(findings, profile) for profile in profiles}
    path = figures / f"{NAME}.png"
    title = "How surely a protected face is told from an obfuscated one"
    bars(
        path,
        profiles,
        {"the better judge": [100 * best[profile] for profile in profiles]},
        title,
        "% (area under the ROC curve; 50 is guessing)",
    )
    return (
        _INTRODUCTION
        + "\n"
        + table(["profile", "faces", "judge", *names], rows)
        + "".join(f"- `{profile}`: {_verdict(value)}\n" for profile, value in best.items())
        + "\n"
        + link(path, title)
    )


def _best(findings: Sequence[Finding], profile: str) -> float:
    """Mean over sets and obfuscators of the better judge; below 0.5 a judge could be turned."""
    means = [mean_figures(findings)[profile, case]["auc"] for case in _CASES]
    return float(max(max(mean, 1 - mean) for mean in means))


def _verdict(area: float) -> str:
    if area > 0.9:
        return "anyone can tell that something is hidden; nobody can deny it."
    if area > 0.6:
        return "an expert has a good guess whether something is hidden; do not rely on denying it."
    return "these judges do not see that something is hidden; others may."


_INTRODUCTION = """\
Can somebody see that a blurred face has an original hidden in it? Two judges were trained to tell
protected faces from the same faces merely obfuscated, and asked about faces of other people. The
figure is the area under the ROC curve: 0.5 is guessing, 1.0 is certainty.

Nothing hides that a file was made by `proface` anyway: its manifest says so. These figures matter
where somebody would strip the manifest and claim that nothing is hidden.
"""
