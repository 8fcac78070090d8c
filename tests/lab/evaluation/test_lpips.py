"""LPIPS against the reference implementation's own published values."""

import numpy as np
import pytest
import torch
from PIL import Image

from proface import ModelError
from proface.lab.data.pictures import to_tensor
from proface.lab.evaluation.lpips import FEATURES_NPZ, HEADS, Lpips
from tests.shared import shared


@pytest.fixture(scope="module")
def lpips():
    return Lpips(shared("lpips"))


def picture(name):
    with Image.open(shared("lpips", name)) as opened:
        return to_tensor(np.asarray(opened.convert("RGB")))


@pytest.mark.parametrize(("name", "expected"), [("ex_p0.png", 0.7219), ("ex_p1.png", 0.1376)])
def test_reference_pairs(lpips, name, expected):
    distance = lpips(picture("ex_ref.png"), picture(name))
    assert distance.item() == pytest.approx(expected, abs=5e-5)


def test_equal_pictures_have_no_distance_and_no_gradient(lpips):
    a = picture("ex_ref.png").requires_grad_()
    distance = lpips(a, a.detach())
    distance.sum().backward()
    assert distance.item() == 0
    assert torch.isfinite(a.grad).all()


def test_a_step_against_the_gradient_comes_nearer(lpips):
    a, b = picture("ex_p0.png").requires_grad_(), picture("ex_ref.png")
    before = lpips(a, b)
    before.sum().backward()
    after = lpips(a.detach() - 0.5 * a.grad / a.grad.abs().max(), b)
    assert after.item() < before.item()


def test_a_tampered_file_is_refused(tmp_path):
    npz = shared("lpips", FEATURES_NPZ)
    (tmp_path / FEATURES_NPZ).write_bytes(npz.read_bytes())
    (tmp_path / HEADS).write_bytes(b"not the published file")
    with pytest.raises(ModelError, match="not the file published"):
        Lpips(tmp_path)
