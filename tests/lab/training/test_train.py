"""A short real training run: it learns, logs, resumes after a kill, and refuses to mix recipes."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from skimage.data import astronaut

from proface import ModelError, PictureError, PictureKey
from proface.lab.data.obfuscated_copies import prepare_copies
from proface.lab.data.pictures import list_pictures
from proface.lab.network.flow import TorchFlow
from proface.lab.network.weights import load_network
from proface.lab.training.curves import read_lines
from proface.lab.training.objective import content_error
from proface.lab.training.payloads import random_payload, residual_payload
from proface.lab.training.recipe import preset
from proface.lab.training.samples import Stretch, TrainingFaces
from proface.lab.training.train import Run, train
from proface.profile.trained.hardened import PAYLOAD_SCALE
from proface.profile.trained.residual import Layout

pytestmark = pytest.mark.usefixtures("lpips_weights")

KEY = PictureKey.from_bytes(bytes(32))
RECIPE = preset(
    "fast", "randwr", steps=6, batch=2, size=32, warmup=2, obfuscators=("gaussian", "median")
)
ALL = ("gaussian", "pixelate", "median", "sticker", "swap")


def final(folder):
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    return torch.cat([tensor.flatten() for tensor in state["network"].values()])


def test_a_killed_run_ends_like_one_that_was_not(faces, tmp_path, monkeypatch):
    whole = Run(faces, tmp_path / "whole", validate_every=3)
    train(whole, RECIPE)
    monkeypatch.setattr("proface.lab.training.train.CHECKPOINT_SECONDS", 0)
    killed = Run(faces, tmp_path / "killed", validate_every=3)
    with monkeypatch.context() as patch:
        patch.setattr("proface.lab.training.train.Trainer._validate", kill)
        with pytest.raises(KeyboardInterrupt):
            train(killed, RECIPE)
    assert not killed.weights.exists()
    train(killed, RECIPE)
    torch.testing.assert_close(final(killed.out), final(whole.out))


def kill(self, step, validation):
    raise KeyboardInterrupt


def test_a_run_leaves_what_it_promises(faces, tmp_path):
    run = Run(faces, tmp_path, validate_every=3)
    weights = train(run, RECIPE)
    with safe_open(weights, "pt") as opened:
        assert json.loads(opened.metadata()["recipe"])["steps"] == 6
        count = sum(opened.get_tensor(name).numel() for name in opened.keys())  # noqa: SIM118
    assert count == 1_073_040
    validations = read_lines(tmp_path / "validation.jsonl")
    assert [line["step"] for line in validations] == [3, 6]
    log = read_lines(tmp_path / "log.jsonl")
    assert np.isfinite([line["total"] for line in log]).all()
    for name in ("samples-000003.png", "samples-000006.png", "curves.png"):
        with Image.open(tmp_path / name) as picture:
            assert picture.size[0] > 100


def test_the_recovery_loss_falls(faces, tmp_path):
    recipe = replace(RECIPE, steps=40, warmup=10)
    train(Run(faces, tmp_path, validate_every=40), recipe)
    log = read_lines(tmp_path / "log.jsonl")
    assert log[-1]["recovery"] < log[0]["recovery"] < 1


def test_other_settings_do_not_resume(faces, tmp_path):
    run = Run(faces, tmp_path)
    train(run, replace(RECIPE, steps=1))
    with pytest.raises(ModelError, match="other settings"):
        train(run, replace(RECIPE, steps=2))


@pytest.mark.parametrize("name", ["checkpoint.pt", "weights.safetensors"])
def test_a_run_begins_with_what_another_ended_with(faces, tmp_path, name):
    first = Run(faces, tmp_path / "first", validate_every=6)
    train(first, RECIPE)
    second = Run(faces, tmp_path / "second", validate_every=6)
    still = replace(RECIPE, steps=1, learning_rate=1e-9)
    weights = train(second, still, start_from=first.out / name)
    torch.testing.assert_close(final(second.out), final(first.out))
    with safe_open(weights, "pt") as opened:
        earlier = json.loads(opened.metadata()["recipe"])["started_from"]
    assert [recipe["steps"] for recipe in earlier] == [6]


def test_a_checkpoint_that_knows_fewer_settings_is_resumed(faces, tmp_path):
    run, recipe = Run(faces, tmp_path), replace(RECIPE, steps=1)
    train(run, recipe)
    state = torch.load(run.checkpoint, weights_only=True)
    known = json.loads(state["recipe"])
    del known["blocks"], known["rounding"]
    torch.save(state | {"recipe": json.dumps(known)}, run.checkpoint)
    train(run, recipe)
    with pytest.raises(ModelError, match="other settings"):
        train(run, replace(recipe, rounding=False))


@pytest.mark.parametrize(
    "changes",
    [{"triplets": ("lpips",)}, {"noise_for_lost": True}, {"rounding": False}, {"blocks": 1}],
)
def test_every_ablation_changes_what_is_learned(faces, tmp_path, changes):
    recipe = replace(RECIPE, steps=2, size=32)
    train(Run(faces, tmp_path / "whole"), recipe)
    weights = train(Run(faces, tmp_path / "less"), replace(recipe, **changes))
    assert load_network(weights)[0].architecture.blocks == changes.get("blocks", 3)
    whole, less = final(tmp_path / "whole"), final(tmp_path / "less")
    assert len(less) < len(whole) if "blocks" in changes else not torch.equal(less, whole)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(PictureError, match="holds no pictures"):
        train(Run(tmp_path, tmp_path / "run"), RECIPE)


@pytest.mark.parametrize(
    "changes",
    [{"size": 33}, {"size": 16}, {"steps": 0}, {"batch": 0}, {"blocks": 0}, {"triplets": ()}],
)
def test_senseless_settings_are_refused(changes):
    with pytest.raises(ModelError):
        preset("fast", "randwr", **changes)


def test_samples_depend_on_their_index_alone(faces):
    dataset = TrainingFaces(
        list_pictures(faces), ("gaussian", "median"), 0.9, (32, 16), 4, (20, 90), 0
    )
    original, obfuscated = dataset[17]
    again, _ = dataset[17]
    assert torch.equal(original, again)
    assert original.shape == obfuscated.shape == (3, 32, 32)
    assert not torch.equal(original, dataset[18][0])
    # Batches of four take the sizes in turn.
    assert [dataset[index][0].shape[-1] for index in (0, 3, 4, 7, 8)] == [32, 32, 16, 16, 32]


def test_slow_obfuscators_work_once_and_every_family_takes_part(faces, tmp_path):
    pictures = list_pictures(faces)
    prepare_copies(pictures, ALL, tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.png"))
    assert [str(path) for path in made] == [
        f"{name}/{picture.name}.png" for name in ("sticker", "swap") for picture in pictures
    ]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")}
    prepare_copies(pictures, ALL, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.png")} == before
    # Mirrored and scaled as the original is: a cover equals the original where nothing is covered.
    sticker = TrainingFaces(pictures, ("sticker",), 0.9, (64,), 4, (64, 64), 0, tmp_path)
    for index in range(6):
        original, obfuscated = sticker[index]
        same = (original - obfuscated).abs().amax(dim=0) < 0.05
        assert 0.03 < same.float().mean() < 0.9


def test_a_run_that_mixes_all_obfuscators(faces, tmp_path):
    recipe = replace(RECIPE, steps=2, obfuscators=ALL)
    train(Run(faces, tmp_path, validate_every=2), recipe)
    assert (tmp_path / "covers" / "sticker" / "0.png.png").exists()


def test_processes_share_a_batch_without_overlap():
    ranks = [list(Stretch(2, 4, 6, rank, 3)) for rank in range(3)]
    assert sorted(index for rank in ranks for index in rank) == list(range(12, 24))


def test_an_unshuffled_payload_is_the_residual_itself():
    original, obfuscated = torch.rand(2, 2, 3, 16, 16) * 2 - 1
    payload = residual_payload(original, obfuscated)
    assert payload.shape == (2, 9, 8, 8)
    layout = Layout(16, 16, payload[0].numel())
    values = payload[1].flatten().numpy() / PAYLOAD_SCALE
    residual = (original[1] - obfuscated[1]).permute(1, 2, 0).numpy() * 127.5
    error = layout.unpack(values) - residual
    assert np.abs(layout.coefficients(error)).max() < 1e-2


def test_noise_is_as_strong_as_the_residual_that_it_stands_for_and_unlike_it():
    generator = torch.Generator().manual_seed(0)
    original = torch.rand(64, 3, 32, 32, generator=generator) * 0.4
    weak = random_payload(original, original * 0.75, generator)
    strong = random_payload(original, torch.zeros_like(original), generator)
    assert (strong.std() / weak.std()).item() == pytest.approx(2, rel=0.2)
    residual = residual_payload(original, torch.zeros_like(original))
    assert (strong.std() / residual.std()).item() == pytest.approx(1, rel=0.2)
    assert abs(np.corrcoef(strong.flatten(), residual.flatten())[0, 1]) < 0.02


def test_a_payload_is_judged_by_its_noise_and_not_by_its_size():
    """The error in squared levels is that of the faces which the application rebuilds."""
    generator = np.random.default_rng(0)
    face = np.ascontiguousarray(astronaut()[60:124, 190:254]).astype(np.float32)
    layout = Layout(64, 64, 9 * 32 * 32)
    values = layout.pack(face - cv2.GaussianBlur(face, (0, 0), 8))
    noise = generator.normal(0, 0.05, values.shape).astype(np.float32)
    expected = np.mean((layout.unpack(values + noise) - layout.unpack(values)) ** 2)
    payload = torch.from_numpy(values)[None] * PAYLOAD_SCALE
    found = torch.from_numpy(values + noise)[None] * PAYLOAD_SCALE
    error = content_error(found, payload)
    assert error.item() == pytest.approx(expected, rel=0.4)
    assert content_error(0.7 * found, payload).item() == pytest.approx(error.item(), rel=1e-3)
    assert content_error(payload, payload).item() == pytest.approx(0, abs=1e-3)


def test_a_network_that_finds_nothing_is_told_where_to_go():
    """Training from scratch diverged where its error was the share of noise in nothing."""
    generator = torch.Generator().manual_seed(0)
    payload = torch.randn(2, 9, 8, 8, generator=generator) * PAYLOAD_SCALE
    found = torch.zeros_like(payload, requires_grad=True)
    nothing = content_error(found, payload)
    nothing.sum().backward()
    assert found.grad is not None
    step = found.detach() - 1e-5 * found.grad
    assert (content_error(step, payload) < nothing).all()
    assert torch.cosine_similarity(step.flatten(), payload.flatten(), dim=0) > 0.99
    unrelated = torch.randn(2, 9, 8, 8, generator=generator) * PAYLOAD_SCALE
    assert (content_error(unrelated, payload) < 7 * nothing).all()


def test_the_hardened_flow_learns_from_noise(faces, tmp_path):
    recipe = preset("hardened", "randwr", steps=12, size=32, more_sizes=(16,), face_sizes=(16, 64))
    weights = train(Run(faces, tmp_path, validate_every=6), replace(recipe, batch=2))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == 12
    assert {"protection", "recovery", "carrier"} <= set(lines[-1])
    network, header = load_network(weights)
    assert header["recipe"]["flow"] == "hardened"
    flow = TorchFlow(network, "hardened", "obfswr")
    original = torch.randint(0, 256, (1, 24, 25, 3), dtype=torch.uint8).numpy()
    protected = flow.protect(original, original // 2, KEY)
    assert protected.shape == original.shape
    # A network this young has no pilots to show: every key is a wrong one.
    assert (flow.recover(protected, KEY) == protected).all()
    plain = Run(faces, tmp_path / "plain", validate_every=12)
    train(plain, replace(recipe, batch=2, shuffle=False))
    assert not torch.equal(final(plain.out), final(tmp_path))
