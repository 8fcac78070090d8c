"""The three attacks that learn, whole but tiny: few faces, few steps."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from proface import OptionError
from proface.lab.attacks import detectability, learned_decoder, protected_faces, restoration
from proface.lab.attacks.base import AttackSetting, Faces, Finding, load_findings, save_findings
from tests.shared import shared


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """Six cuts of the astronaut for both training and test, two people by decree."""
    folder = tmp_path_factory.mktemp("faces")
    for turn in range(6):
        cut = astronaut()[60 + 4 * turn : 200 + 4 * turn, 150:290]
        Image.fromarray(cut).save(folder / f"{turn}.png")
    faces = Faces.load("astronaut", folder, 0.9)
    pairs = ((0, 1, True), (2, 3, True), (0, 5, False), (1, 4, False))
    test = Faces("astronaut", faces.paths, faces.pictures, pairs)
    out = tmp_path_factory.mktemp("out")
    return AttackSetting(
        ("paper-randwr",), ("gaussian", "pixelate"), (test,), faces.paths, out, steps=2, threads=1
    )


@pytest.fixture(autouse=True)
def weights(monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    monkeypatch.setenv("PROFACE_RECOGNISER", str(shared("recogniser", "MobileFaceNet.onnx")))


def section(attack, setting, findings, tmp_path):
    path = save_findings(setting, attack.NAME, findings)
    ((_, kept),) = load_findings(path)
    assert kept == findings
    text = attack.section(kept, tmp_path)
    for chart in tmp_path.glob("*.png"):
        assert chart.name.startswith(attack.NAME)
        assert f"({tmp_path.name}/{chart.name})" in text
    assert list(tmp_path.glob("*.png"))
    return text


def test_the_learned_decoder(setting, tmp_path):
    findings = learned_decoder.run(setting)
    results = [one for one in findings if "ssim" in one.figures]
    assert {(one.profile, one.obfuscator, one.case) for one in results} == {
        (profile, obfuscator, case)
        for profile, case in (
            ("", learned_decoder.ALONE),
            ("paper-randwr", learned_decoder.DECODER),
        )
        for obfuscator in setting.obfuscators
    }
    assert all(0 <= one.figures["verified"] <= 1 for one in results)
    steps = [one.case for one in findings if one not in results]
    assert steps == ["step 1", "step 2", "step 3", "step 2", "step 3"]
    text = section(learned_decoder, setting, findings, tmp_path)
    assert "| `paper-randwr` |" in text


def test_published_faces_are_kept_and_differ_from_face_to_face(setting):
    originals = setting.test[0].pictures[:1].repeat(2, axis=0)
    one = AttackSetting(("paper-randwr",), ("gaussian",), (), setting.train, setting.out)
    first = protected_faces.protected_pool(one, "paper-randwr", "twice", originals)
    assert not np.array_equal(first[0], first[1])
    kept = protected_faces.protected_pool(one, "paper-randwr", "twice", originals)
    assert np.array_equal(first, kept)
    assert np.array_equal(
        protected_faces.protected_pool(one, "", "twice", originals)[0],
        setting.test[0].obfuscated("gaussian")[0],
    )


def test_an_attacker_without_pictures_to_learn_from_is_an_error(setting):
    with pytest.raises(OptionError, match="to learn from"):
        detectability.run(replace(setting, train=()))


def test_detectability(setting, tmp_path, monkeypatch):
    monkeypatch.setattr(detectability, "_LEAST", 5)
    findings = detectability.run(setting)
    assert {one.case for one in findings} == {detectability.FEATURES, detectability.NETWORK}
    assert all(0 <= one.figures["auc"] <= 1 for one in findings)
    assert "`paper-randwr`" in section(detectability, setting, findings, tmp_path)


def test_restoration(setting, tmp_path, monkeypatch):
    monkeypatch.setattr(restoration, "STRENGTHS", {"gaussian": (4, 20), "pixelate": (5, 28)})
    findings = restoration.run(setting)
    published = {
        one.figures["strength"]: one.figures["psnr"]
        for one in findings
        if one.obfuscator == "gaussian" and one.case.endswith("as published")
    }
    assert published[4] > published[20]
    assert "| gaussian |" in section(restoration, setting, findings, tmp_path)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({8: 0.5, 20: 0.02, 32: 0.01}, "from strength 20 on"),
        ({8: 0.01, 20: 0.2, 32: 0.01}, "from strength 32 on"),
        ({8: 0.5, 20: 0.4}, "at no strength tried, up to 20"),
    ],
)
def test_the_safe_strength_is_the_least_beyond_which_nobody_is_known(rates, expected):
    findings = [
        Finding(restoration.NAME, "", "x", "gaussian", "", {"strength": at, "verified": rate})
        for at, rate in rates.items()
    ]
    assert restoration.safe_text(findings, "gaussian") == expected
