"""Attacks on keys, byproducts and obfuscated pictures, on the astronaut's face."""

import dataclasses

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from proface.keys import FaceKey
from proface.lab.attacks import byproducts, get, guessing, key_search, known_plaintext, spoofing
from proface.lab.attacks import wrong_keys as wrong
from proface.lab.attacks.base import AttackSetting, Faces
from proface.lab.attacks.charts import mean_figures
from proface.lab.attacks.raw import known_in_part
from proface.lab.attacks.unshuffle import rebuild
from proface.lab.data.pictures import to_pictures, to_tensor
from proface.lab.evaluation.metrics import psnr
from proface.lab.network.installed import load_torch
from proface.lab.network.wavelet import dwt
from proface.profile.trained import store
from proface.profile.trained.hardened import layout_of
from proface.profile.trained.shuffle import Shuffle
from tests.shared import shared

PAPER, HARDENED = "paper-randwr", "randwr"


@pytest.fixture(autouse=True)
def _lpips(monkeypatch):
    monkeypatch.setenv("PROFACE_LPIPS", str(shared("lpips")))


@pytest.fixture
def setting(tmp_path):
    face = astronaut()[40:152, 165:277]
    faces = Faces("astronaut", (), np.stack([face, face[:, ::-1]]), ())
    return AttackSetting(
        (PAPER, HARDENED, "sealed"), ("pixelate",), (faces,), (), tmp_path, keys=3, steps=2
    )


@pytest.fixture
def hardened(setting):
    return dataclasses.replace(setting, profiles=(HARDENED,))


def attack(setting, name):
    findings = get(name).run(setting)
    figures = setting.out / "figures"
    figures.mkdir()
    text = get(name).section(findings, figures)
    for chart in figures.iterdir():
        assert f"({figures.name}/{chart.name})" in text
        assert chart.name.startswith(name)
    assert not text.startswith(("# ", "## "))
    return mean_figures(findings)


def test_wrong_keys_show_no_more_than_everyone_sees(setting):
    means = attack(setting, wrong.NAME)
    for name in setting.profiles:
        assert means[name, wrong.RIGHT]["psnr"] > 35, name
        for case in (wrong.RANDOM, "passwords 1 bit away", "passwords 1 character away"):
            figures = means[name, case]
            assert figures.get("gain", -1) < 0.05, (name, case)
            assert figures.get("refused", 0) == (name == "sealed"), (name, case)


def test_nearly_right_passwords_are_different_and_near():
    password = "correct horse"
    generator = np.random.default_rng(0)
    for near in wrong.one_bit_away(password, generator):
        pairs = zip(near.encode(), password.encode(), strict=True)
        assert sum((a ^ b).bit_count() for a, b in pairs) == 1
    near = wrong.one_character_away(password, generator)
    assert password not in near
    assert {len(each) - len(password) for each in near} == {-1, 0, 1}


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_a_shuffle_known_in_part(share):
    true = Shuffle.draw(FaceKey(bytes(32)), 112, 112, 4000)
    generator = np.random.default_rng(0)
    guess = known_in_part(true, share, generator)
    assert sorted(guess.order) == list(range(4000))
    assert np.mean(guess.order == true.order) == pytest.approx(share, abs=0.01)
    assert set(guess.mask) <= {-1, 1}
    for part in ("signs", "turns", "mask"):
        right = np.mean(getattr(guess, part) == getattr(true, part))
        assert right == pytest.approx((1 + share) / 2, abs=0.05)
    left_out = known_in_part(true, share, generator, guess=False)
    assert np.mean(left_out.mask != 0) == share
    assert np.mean(left_out.signs != 0) == pytest.approx(share**2, abs=0.03)


def test_what_the_shuffle_hides_comes_with_its_share(hardened):
    means = attack(hardened, wrong.NAME)
    scores = [
        means[HARDENED, f"shuffle known to {share}%, rest left out"] for share in (10, 50, 90)
    ]
    assert scores[0]["psnr"] < scores[1]["psnr"] < scores[2]["psnr"]
    assert means[HARDENED, "right key map, wrong shuffle"]["gain"] < 0.05


def test_the_differentiable_rebuilding_is_the_application_s(hardened):
    raw = wrong.RawFlow(HARDENED)
    originals = hardened.test[0].pictures
    obfuscated = hardened.test[0].obfuscated("pixelate")
    key = hardened.key("test")
    protected = raw.flow.protect(originals, obfuscated, key)
    secrets = raw.secrets(key, 0, originals.shape)
    payload, carrier = load_torch(HARDENED).uncouple(
        dwt(to_tensor(protected)), dwt(torch.from_numpy(secrets.maps))
    )
    payload = payload[:, 3:].requires_grad_()
    rebuilt = rebuild(payload, carrier, secrets)
    assert psnr(to_pictures(rebuilt), raw.recover(protected, secrets)).min() > 40
    # As long as the strengths are the same, the step is linear: its gradient must be its adjoint.
    direction = torch.stack([_coefficients_alone(secrets, index) for index in range(len(payload))])
    direction = direction.reshape(payload.shape)
    weights = torch.randn(rebuilt.shape, generator=torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad(rebuilt, payload, weights)
    change = rebuild((payload + direction).detach(), carrier, secrets) - rebuilt
    assert (change * weights).sum().item() == pytest.approx(
        (gradient * direction).sum().item(), rel=1e-2
    )


def _coefficients_alone(secrets, index):
    """A shuffled payload of nothing but random coefficients."""
    shuffle = secrets.shuffles[index]
    layout = layout_of(*secrets.maps.shape[2:])
    told = len(shuffle.order) - layout.count + layout.telling
    values = np.random.default_rng(index).normal(size=len(shuffle.order)).astype(np.float32)
    values[:told] = 0
    return torch.from_numpy(shuffle.apply(values))


def test_searching_lowers_what_it_searches_by(setting):
    protected = to_tensor(setting.test[0].obfuscated("pixelate"))[..., :32, :32]
    network = load_torch(PAPER)

    def found(steps):
        generator = torch.Generator().manual_seed(0)
        maps = key_search.search(network, protected, key_search.paper_picture, steps, generator)
        return key_search.unlikeness(key_search.paper_picture(network, protected, maps), protected)

    assert found(10) < 0.95 * found(0)


def test_key_search_reports_every_case(setting):
    small = dataclasses.replace(setting, profiles=setting.profiles[:-1])
    means = attack(small, key_search.NAME)
    for name in small.profiles:
        assert means[name, key_search.RIGHT]["psnr"] > means[name, key_search.ALONE]["psnr"] + 10
        assert 0.45 < means[name, key_search.ROUNDED]["bits"] < 1


def test_a_leaked_original_opens_nothing_that_has_a_salt(setting):
    means = attack(dataclasses.replace(setting, profiles=setting.profiles[:-1]), "known-plaintext")
    for name in setting.profiles[:-1]:
        given, salted = (
            means[name, f"{known_plaintext.GIVEN}, {case}"]
            for case in (known_plaintext.SHARED, known_plaintext.SALTED)
        )
        assert given["psnr"] > 35
        assert salted["psnr"] < means[name, known_plaintext.ALONE]["psnr"]
        assert salted["bits"] == pytest.approx(0.5, abs=0.02)
        assert means[name, known_plaintext.RIGHT]["psnr"] > 35


def test_nothing_is_recovered_from_the_obfuscated_picture(setting):
    means = attack(setting, spoofing.NAME)
    assert means["sealed", spoofing.SPOOFED]["refused"] == 1
    assert means["sealed", spoofing.RIGHT]["refused"] == 0
    for name in setting.profiles[:-1]:
        alone, spoofed = (means[name, case] for case in (spoofing.ALONE, spoofing.SPOOFED))
        assert spoofed["psnr"] < alone["psnr"] + 0.1
        if name == HARDENED:
            assert spoofed["refused"] == 1
            assert means[name, spoofing.RIGHT]["pilots"] > 0.9


def test_no_graph_of_any_profile_gives_the_byproduct_away():
    for name in store.profiles():
        graphs = byproducts.graph_outputs(name)
        assert graphs["protect.onnx"] == {"outputs": 1, "byproducts": 0}, name
        assert graphs["recover.onnx"]["byproducts"] == 0, name


def test_byproducts_show_less_than_the_obfuscated_picture(setting):
    means = attack(setting, byproducts.NAME)
    for name in setting.profiles[:-1]:
        shown = means[name, byproducts.ALONE]["psnr"]
        assert means[name, byproducts.FORWARD]["psnr"] < shown
        assert means[name, byproducts.BACKWARD]["psnr"] < shown + 1


def test_the_best_fit_finds_what_is_there():
    face = astronaut()[None, 40:152, 165:277]
    planes = to_tensor(face).numpy() * -0.3 + 0.2
    assert psnr(byproducts.best_fit(planes, face), face)[0] > 50


def test_a_guess_under_argon2id_costs_more(setting):
    means = attack(setting, guessing.NAME)
    slow, quick = means[PAPER, "guess under argon2id"], means[PAPER, "guess under paper"]
    assert slow["derive"] > quick["derive"] > 0
    assert slow["core_days"] == pytest.approx(slow["seconds"] * 1e8 / 86400)
    assert ("sealed", "guess under paper") not in means
