"""Faces, findings, the report and the command."""

import dataclasses

import pytest
from PIL import Image
from skimage.data import astronaut

from proface import OptionError
from proface.lab import attacks
from proface.lab.attacks.base import (
    AttackSetting,
    Faces,
    Finding,
    compare,
    load_findings,
    protect_all,
    save_findings,
)
from proface.lab.attacks.charts import mean_figures
from proface.lab.attacks.report import write_report
from tests.commandline import check_done, check_refused, run
from tests.shared import shared


@pytest.fixture
def folder(tmp_path):
    faces = tmp_path / "faces"
    faces.mkdir()
    for turn in range(3):
        Image.fromarray(astronaut()[0:220, 110:330]).rotate(5 * turn).save(faces / f"{turn}.png")
    return faces


def setting(out, *faces, **changes):
    return AttackSetting(("paper-randwr",), ("gaussian",), faces, (), out, **changes)


def test_pairs_are_those_of_which_both_pictures_are_there(folder):
    (folder.parent / "test_pairs.txt").write_text(
        "0.png\t1.png\t1\n1.png\t2.png\t0\n0.png\t9.png\t0\n"
    )
    faces = Faces.load("some", folder, 0.8)
    assert faces.pictures.shape == (3, 112, 112, 3)
    assert faces.pairs == ((0, 1, True), (1, 2, False))
    assert Faces.load("some", folder, 0.8, limit=2).pairs == ((0, 1, True),)
    assert faces.first(2).pairs == ((0, 1, True),)
    (folder.parent / "test_pairs.txt").write_text("0.png 1.png 1\n")
    with pytest.raises(OptionError, match=r"line 1"):
        Faces.load("some", folder, 0.8)


def test_findings_come_back_and_stay_in_the_report(folder, tmp_path):
    here = setting(tmp_path / "out", Faces.load("some", folder, 0.8))
    finding = Finding("guessing", "sealed", "", "", "guess under argon2id", {"seconds": 0.5})
    path = save_findings(here, "guessing", [finding])
    ((summary, found),) = load_findings(path)
    assert found == [finding]
    assert summary["faces"] == {"some": 3}
    assert str(folder) not in path.read_text()
    text = write_report(here.out).read_text()
    assert "## 8. Guessing the password" in text
    assert "| `sealed` | argon2id |" in text


def test_seeds_differ_by_purpose_and_repeat(tmp_path):
    one = setting(tmp_path)
    assert one.key("a") == setting(tmp_path).key("a") != one.key("b")
    assert one.key("a") != dataclasses.replace(one, seed=1).key("a")
    assert one.generator("a").random() == one.generator("a").random() != one.generator("b").random()


def test_protection_is_the_application_s(folder, monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    faces = Faces.load("some", folder, 0.8)
    hidden = faces.obfuscated("gaussian")
    key = setting(folder).key("test")
    for name in ("paper-randwr", "sealed"):
        figures = compare(protect_all(name, faces.pictures, hidden, key), hidden)
        assert figures["psnr"] > 38, name
        assert figures["ssim"] > 0.9, name


def test_means_are_taken_over_sets_and_obfuscators():
    findings = [
        Finding("x", "p", data, "gaussian", "case", {"psnr": value})
        for data, value in (("a", 1.0), ("b", 3.0))
    ]
    assert mean_figures(findings) == {("p", "case"): {"psnr": 2.0}}


def test_every_attack_has_a_title_and_says_what_its_attacker_knows():
    for name, module in zip(attacks.names(), attacks.MODULES, strict=True):
        attack = attacks.get(name)
        assert name == attack.NAME == module.replace("_", "-")
        assert attack.TITLE
        assert "Knows:" in attack.__doc__
    with pytest.raises(OptionError, match="wrong-keys"):
        attacks.get("magic")


def test_the_command_runs_an_attack_and_writes_the_report(folder, tmp_path):
    out = tmp_path / "out"
    options = ["--data", f"some={folder}:0.8", "--profile", "sealed", "--out", out]
    check_done(run("lab", "attack", "guessing", *options))
    assert (out / "findings-guessing.json").is_file()
    assert "Guessing the password" in (out / "attacks.md").read_text()
    refused = run("lab", "attack", "guessing", "--data", folder)
    check_refused(refused, "NAME=FOLDER:CROP", code=2)


def test_what_was_found_of_other_profiles_is_kept(tmp_path):
    here = setting(tmp_path)
    first, second, again = (
        Finding("guessing", profile, "", "", "argon2id", {"seconds": seconds})
        for profile, seconds in (("sealed", 1.0), ("randwr", 2.0), ("sealed", 3.0))
    )
    for finding in (first, second, again):
        path = save_findings(here, "guessing", [finding])
    assert [found for _, found in load_findings(path)] == [[second], [again]]
