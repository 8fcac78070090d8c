"""Training from a pool of samples: on a GPU where there is one, and by the same steps where not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from proface import ModelError
from proface.lab.data import obfuscated_copies
from proface.lab.data.pictures import copy_path, list_pictures, random_key_maps
from proface.lab.network.model import ProFaceS, round_to_8_bits
from proface.lab.network.weights import load_network
from proface.lab.training.curves import read_lines
from proface.lab.training.objective import HardenedObjective, Keys
from proface.lab.training.recipe import preset
from proface.lab.training.rounding_noise import RoundingNoise
from proface.lab.training.sample_pool import SamplePool
from proface.lab.training.samples import TrainingFaces
from proface.lab.training.train import Run, train
from proface.profile.trained.rounding import Rounding

pytestmark = pytest.mark.usefixtures("lpips_weights")

POOLED = {"steps": 6, "batch": 2, "size": 32, "more_sizes": (40,), "face_sizes": (40, 64)}
CPU = torch.device("cpu")


def recipe(name, **changes):
    given = {"obfuscators": ("gaussian", "median"), "pool": 8, "warmup": 2}
    return preset(name, "randwr", **(POOLED | given | changes))


@pytest.mark.parametrize("name", ["fast", "hardened"])
def test_a_pooled_run_goes_on_where_it_was_killed(faces, tmp_path, monkeypatch, name):
    run = Run(faces, tmp_path, validate_every=3)
    monkeypatch.setattr("proface.lab.training.train.CHECKPOINT_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr("proface.lab.training.train.Trainer._validate", kill)
        with pytest.raises(KeyboardInterrupt):
            train(run, recipe(name))
    before = torch.load(run.checkpoint, weights_only=True)
    assert before["step"] == 3
    network, header = load_network(train(run, recipe(name)))
    assert header["recipe"]["pool"] == 8
    log = read_lines(tmp_path / "log.jsonl")
    assert [line["step"] for line in log] == [3, 6]
    assert np.isfinite([line["total"] for line in log]).all()
    assert log[0]["rate"] == pytest.approx(recipe(name).rate(2), rel=1e-5)
    moved = [
        not torch.equal(before["network"][key].cpu(), value)
        for key, value in network.state_dict().items()
    ]
    assert any(moved)


def kill(self, step, validation):
    raise KeyboardInterrupt


def test_the_recovery_loss_falls(faces, tmp_path):
    settings = replace(recipe("fast"), steps=40, warmup=10, learning_rate=1e-3, more_sizes=())
    train(Run(faces, tmp_path, validate_every=40), settings)
    log = read_lines(tmp_path / "log.jsonl")
    assert log[-1]["recovery"] < 0.9 * log[0]["recovery"]


@pytest.mark.parametrize(
    "changes", [{"size": 36}, {"rounding": False}, {"shaped": False}, {"shuffle": False}]
)
def test_what_a_pool_cannot_serve_is_refused(changes):
    with pytest.raises(ModelError, match="pool"):
        recipe("hardened", **changes)


def test_several_processes_need_samples_of_their_own(faces, tmp_path, monkeypatch):
    monkeypatch.setattr("proface.lab.training.train.Process.join", lambda: Two())
    with pytest.raises(ModelError, match="torchrun"):
        train(Run(faces, tmp_path), recipe("hardened"))


class Two:
    """What `Process.join` gives the first of two processes, as far as is asked here."""

    rank, ranks, device, bfloat16, first = 0, 2, CPU, False, True

    def wait(self):
        pass


def test_samples_are_those_of_the_dataset_mirrored_or_not(faces):
    dataset = TrainingFaces(list_pictures(faces), ("gaussian",), 0.9, (48, 32), 4, (32, 64), 0)
    pool = SamplePool.make(dataset, 32, 5, 2, CPU)
    expected = [replace(dataset, sizes=(32,))[index] for index in range(5)]
    torch.manual_seed(0)
    originals, obfuscated, deviations = pool.draw(40)
    turns = set()
    for one, other, deviation in zip(originals, obfuscated, deviations, strict=True):
        (found,) = (
            (index, turned)
            for index, (original, hidden) in enumerate(expected)
            for turned in (False, True)
            if torch.equal(one, original.flip(-1) if turned else original)
            and torch.equal(other, hidden.flip(-1) if turned else hidden)
        )
        assert deviation == pool.deviation[found[0]]
        turns.add(found)
    assert len(turns) == 10


def test_noise_that_stands_for_rounding_errs_as_rounding_does():
    generator = np.random.default_rng(0)
    mixed = generator.normal(0, 1, (192, 12)) * np.geomspace(8, 0.3, 12)
    rounding = Rounding.of((mixed @ mixed.T).astype(np.float32))
    noise = RoundingNoise()
    picture = torch.from_numpy(generator.uniform(-0.7, 0.7, (100, 3, 128, 128)).astype(np.float32))
    nearest = (noise(picture) - picture) * 127.5
    assert nearest.abs().max() <= 0.501
    assert nearest.std().item() == pytest.approx(12**-0.5, rel=0.01)
    noise.become(rounding)
    errors = [
        torch.nn.functional.pixel_unshuffle((made - picture) * 127.5, 8)
        .permute(0, 2, 3, 1)
        .reshape(-1, 192)
        for made in (noise(picture), round_to_8_bits(picture, rounding))
    ]
    stood, true = (error.T @ error / len(error) for error in errors)
    assert ((stood - true).norm() / true.norm()).item() < 0.2
    # Along the directions that matter, both are far smaller than those of plain rounding.
    for covariance in (stood, true):
        harm = np.einsum("ik,ij,jk->", mixed, covariance.numpy(), mixed)
        assert harm < 0.2 * (mixed**2).sum() / 12


def test_noise_stays_in_range_and_lets_gradients_pass():
    picture = (torch.rand(1, 3, 16, 16) * 3 - 1.5).requires_grad_()
    made = RoundingNoise()(picture)
    assert made.abs().max() <= 1
    made.sum().backward()
    torch.testing.assert_close(picture.grad, (picture.detach().abs() < 1).float())


def test_a_start_that_moves_is_paid_for():
    """A quarter of a residual's coefficients is not carried, so it must not grow unnoticed."""
    torch.manual_seed(0)
    network = ProFaceS()
    for weights in network.parameters():
        weights.data += 0.02 * torch.randn_like(weights)
    settings = replace(recipe("hardened"), pool=0, rounding=False, corrections=1)
    obfuscated = torch.rand(2, 3, 16, 16) - 0.5
    payload, key = torch.randn(2, 9, 8, 8), random_key_maps(2, 16, 16, torch.Generator())
    charged = HardenedObjective(network, settings)(payload, obfuscated, Keys(key, key))
    once = HardenedObjective(network, replace(settings, corrections=0))
    moved = once(payload, obfuscated, Keys(key, key))["carrier"]
    assert charged["carrier"] > moved / 4 > 0


def test_landmarks_are_found_once_and_kept(faces, tmp_path, monkeypatch):
    pictures = list_pictures(faces)
    obfuscated_copies.prepare_copies(pictures, ("sticker",), tmp_path, workers=2)
    kept = json.loads((tmp_path / obfuscated_copies.LANDMARKS).read_text())
    assert set(kept) == {picture.name for picture in pictures}
    monkeypatch.setattr(obfuscated_copies, "locate", None)
    obfuscated_copies.prepare_copies(pictures, ("sticker", "swap"), tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / obfuscated_copies.LANDMARKS).write_text(json.dumps(kept))
    obfuscated_copies.prepare_copies(pictures, ("sticker",), alone)
    for picture in pictures:
        assert copy_path(tmp_path, "swap", picture).exists()
        one, other = (
            copy_path(folder, "sticker", picture).read_bytes() for folder in (tmp_path, alone)
        )
        assert one == other
