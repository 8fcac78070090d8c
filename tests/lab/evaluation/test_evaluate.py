"""Evaluation of a model whose quality is known beforehand."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from proface import Flow, OptionError, PictureError, PictureKey, obfuscators
from proface.lab.data.obfuscation import obfuscate
from proface.lab.data.pictures import FaceSet, load_face
from proface.lab.evaluation.evaluate import EvaluationOptions, evaluate, write_results
from proface.lab.evaluation.metrics import psnr, ssim
from proface.lab.evaluation.sealed_flow import SealedFlow
from proface.lab.evaluation.unrounded import unrounded
from proface.profile.trained.rounding import NEAREST
from tests.shared import shared


class OffByTwo:
    """Protected is two levels off the obfuscated; recovery is the protected picture."""

    def protect(self, original, obfuscated, key, face=0):
        return np.where(obfuscated > 127, obfuscated - 2, obfuscated + 2).astype(np.uint8)

    def recover(self, protected, key, face=0):
        return protected


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    for turn in range(3):
        Image.fromarray(astronaut()[0:220, 110:330]).rotate(5 * turn).save(folder / f"{turn}.png")
    return folder


def test_psnr_and_ssim_of_known_pairs():
    a = np.full((1, 16, 16, 3), 100, np.uint8)
    # 20 log10(255 / 5)
    assert psnr(a, a + 5)[0] == pytest.approx(34.1514, abs=1e-4)
    assert psnr(a, a)[0] == 100
    assert ssim(a, a)[0] == pytest.approx(1)


def measure(flow, folder, names, **options):
    faces = FaceSet("faces", folder, 0.8)
    return evaluate(flow, "measured", faces, EvaluationOptions(names, **options))


def test_every_figure_is_what_the_model_deserves(faces, tmp_path, monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    result = measure(OffByTwo(), faces, ["gaussian", "pixelate"])
    assert result.faces == 3
    for row in result.obfuscators.values():
        assert row.protected.psnr == pytest.approx(20 * np.log10(255 / 2))
        assert row.wrong_to_obfuscated == row.protected
        assert row.wrong_to_original == row.recovered == row.unrounded_recovered
    face = np.stack([load_face(path, 0.8) for path in sorted(faces.iterdir())])
    hidden = np.stack([obfuscators.get("gaussian").apply(one, 8) for one in face])
    off = OffByTwo().protect(face, hidden, None)
    expected = psnr(off, face).mean()
    assert result.obfuscators["gaussian"].recovered.psnr == pytest.approx(expected)
    mean = np.mean([row.recovered.psnr for row in result.obfuscators.values()])
    assert result.average.recovered.psnr == pytest.approx(mean)
    write_results([result], tmp_path / "out")
    saved = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert saved[0]["obfuscators"]["gaussian"]["recovered"]["psnr"] == pytest.approx(expected)
    assert "| **average** | 42.11 / " in (tmp_path / "out" / "evaluation.md").read_text()


@pytest.mark.parametrize("profile", ["paper-randwr", "randwr"])
def test_what_is_never_rounded_is_what_is_rounded_in_a_file(faces, profile, monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    loaded, key = Flow.load(profile), PictureKey.from_bytes(bytes(32))
    flow = Flow(loaded.card, loaded.network, NEAREST)
    face = np.stack([load_face(path, 0.8, 64) for path in sorted(faces.iterdir())])
    hidden = np.stack([obfuscators.get("gaussian").apply(one, 8) for one in face])
    protected, recovered = unrounded(flow, face, hidden, key, 0)
    difference = np.rint(protected) - flow.protect(face, hidden, key, 0)
    # The hardened flow corrects for what it sees come back, and sees other pictures than in files.
    assert np.abs(difference).mean() < (0.5 if flow.hardened else 1e-9)
    row = measure(flow, faces, ["gaussian"], size=64).average
    assert row.unrounded_recovered.psnr > row.recovered.psnr + 0.5
    assert psnr(recovered, face).mean() == pytest.approx(row.unrounded_recovered.psnr, abs=1)
    assert row.unrounded_protected.psnr > row.protected.psnr


def test_obfuscators_may_take_turns(faces, monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    names = ["gaussian", "pixelate"]
    result = measure(OffByTwo(), faces, names, in_turn=True)
    assert result.faces == 3
    assert "each hidden by one of the obfuscators in turn" in result.markdown()
    face = np.stack([load_face(path, 0.8) for path in sorted(faces.iterdir())])
    for name, turn in (("gaussian", slice(0, 3, 2)), ("pixelate", slice(1, 2))):
        off = OffByTwo().protect(None, obfuscate(face[turn], name), None)
        expected = psnr(off, face[turn]).mean()
        assert result.obfuscators[name].recovered.psnr == pytest.approx(expected)
    with pytest.raises(OptionError, match="cannot take turns on 1"):
        measure(OffByTwo(), faces, names, limit=1, in_turn=True)


def test_sealed_is_measured_like_a_flow(faces, monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))
    row = measure(SealedFlow(), faces, ["gaussian"], size=48).average
    assert row.protected.psnr == pytest.approx(51.1, abs=0.3)
    assert row.recovered.psnr > 30
    assert row.wrong_to_original.psnr < 11


def test_a_broken_picture_is_named(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"broken\.png"):
        load_face(tmp_path / "broken.png", 0.8)
