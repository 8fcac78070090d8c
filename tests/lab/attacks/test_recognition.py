"""Verification of faces; the recogniser itself is not shipped."""

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from proface import ModelError, PictureError
from proface.lab.evaluation.recognition import Recogniser, align, threshold, verification_rate
from tests.shared import shared


@pytest.fixture(scope="module")
def recogniser():
    return Recogniser.load(shared("recogniser", "MobileFaceNet.onnx"))


def picture(left=165, top=70, side=120):
    face = Image.fromarray(astronaut()[top : top + side, left : left + side])
    return np.asarray(face.resize((112, 112), Image.Resampling.LANCZOS))


def unit(*angles):
    radians = np.deg2rad(angles)
    return np.stack((np.cos(radians), np.sin(radians)), axis=1).astype(np.float32)


def test_the_rate_counts_both_roles_of_every_true_pair():
    # 0 and 1 are one person, 2 and 3 another; strangers are at least 80 degrees apart.
    gallery = unit(0, 10, 90, 100)
    pairs = ((0, 1, True), (2, 3, True), (0, 2, False), (1, 2, False), (0, 3, False))
    assert verification_rate(gallery, gallery, pairs) == 1
    # Probes 0, 2 and 3 now point elsewhere; only probe 1 against original 0 is left.
    assert verification_rate(unit(180, 10, 300, 280), gallery, pairs) == 0.25


def test_the_threshold_lets_the_asked_share_of_strangers_pass():
    generator = np.random.default_rng(0)
    gallery = generator.standard_normal((400, 16))
    gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
    pairs = tuple((i, i + 200, False) for i in range(200))
    for far in (0.05, 0.5):
        least = threshold(gallery, pairs, far)
        passed = np.mean([gallery[i] @ gallery[j] > least for i, j, _ in pairs])
        assert passed == pytest.approx(far)


def test_both_kinds_of_pairs_are_needed():
    gallery = unit(0, 10)
    with pytest.raises(PictureError, match="different people"):
        verification_rate(gallery, gallery, ((0, 1, True),))
    with pytest.raises(PictureError, match="one person"):
        verification_rate(gallery, gallery, ((0, 1, False),))


def test_a_missing_recogniser_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFACE_RECOGNISER", str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match=r"none\.onnx is missing.*PROFACE_RECOGNISER"):
        Recogniser.load()


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx cannot be opened"):
        Recogniser.load(path)


def test_a_face_is_nearer_to_itself_moved_than_to_noise(recogniser):
    noise = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    faces = np.stack([picture(), picture(172, 64, 126), noise])
    rows = recogniser.embed(faces, align(faces))
    assert rows.shape == (3, 128)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert rows[0] @ rows[1] > 0.7
    assert rows[0] @ rows[2] < 0.4


def test_a_mirrored_face_has_the_same_embedding(recogniser):
    face = picture()
    there = np.array([[[1.0, 0, 0], [0, 1, 0]]])
    one, other = (recogniser.embed(each[None], there)[0] for each in (face, face[:, ::-1]))
    assert one @ other == pytest.approx(1, abs=1e-4)


def test_other_shapes_are_refused(recogniser):
    with pytest.raises(PictureError, match="112"):
        recogniser.embed(np.zeros((1, 64, 64, 3), np.uint8))
