"""Export: ONNX graphs that are torch's network, whole, small and without traces."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from skimage.data import astronaut

from proface import Flow, ModelError, OutputError, PictureKey, obfuscators
from proface.lab.export import exactness
from proface.lab.export.card import CELEBA, Provenance
from proface.lab.export.export import export, write_card
from proface.lab.network.averaging import average
from proface.lab.network.fast_graphs import rearranged
from proface.lab.network.flow import TorchFlow
from proface.lab.network.graphs import graphs_of
from proface.lab.network.model import NetworkShape, ProFaceS
from proface.lab.network.sensitivity import sensitivity
from proface.lab.network.weights import load_network, write_weights
from proface.lab.training.recipe import preset
from proface.profile.trained import model_card
from proface.profile.trained.model_card import ModelCard
from proface.profile.trained.rounding import NEAREST

FILES = ["network.data", "protect.onnx", "recover.onnx", "sensitivity.npy", "weights.safetensors"]
RECIPE = preset("fast", "obfswr")
QUALITY = {"psnr": 41.256, "ssim": 0.98765, "lpips": 0.00123}
ROW = {
    "protected": QUALITY,
    "recovered": QUALITY,
    "wrong_to_original": QUALITY,
    "wrong_to_obfuscated": QUALITY,
}
RESULT = {
    "profile": "small",
    "data": "test",
    "faces": 10,
    "crop": 0.65,
    "size": 112,
    "obfuscators": {"gaussian": ROW},
    "average": ROW,
}


def make_weights(path, seed=0, blocks=2):
    """A small network with random weights in every convolution."""
    network = ProFaceS(NetworkShape(blocks, growth=4, depth=2))
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    write_weights(network, RECIPE.as_dict() | {"started_from": []}, path)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return make_weights(tmp_path_factory.mktemp("run") / "weights.safetensors")


@pytest.fixture(scope="module")
def exported(weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiles") / "small"
    return export(weights, folder)


def test_a_profile_holds_graphs_and_weights(exported, weights):
    assert sorted(path.name for path in exported.folder.iterdir()) == FILES
    assert (exported.folder / "weights.safetensors").read_bytes() == weights.read_bytes()


def test_the_report_gives_differences_on_real_and_random_input(exported):
    sizes = {(item.height, item.width) for item in exported.differences}
    assert {(8, 8), (48, 64), (112, 112), (194, 250)} <= sizes
    for graph in ("protect.onnx", "recover.onnx"):
        for content in ("real", "random"):
            assert 0 <= exported.largest(graph, content) < 1e-4
        assert graph in exported.text()


@pytest.mark.parametrize(
    ("graph", "inputs", "output"),
    [
        ("protect.onnx", ["original", "obfuscated", "key_map"], "protected"),
        ("recover.onnx", ["protected", "key_map"], "recovered"),
    ],
)
def test_graphs_have_one_output_and_no_trace_of_the_maker(exported, graph, inputs, output):
    path = exported.folder / graph
    model = onnx.load(path, load_external_data=False)
    assert [value.name for value in model.graph.input] == inputs
    assert [value.name for value in model.graph.output] == [output]
    places = [each.value for tensor in model.graph.initializer for each in tensor.external_data]
    assert "network.data" in places
    assert not any("/" in place for place in places)
    for trace in (b".py", b"File ", b"site-packages", str(Path.home()).encode() + b"/"):
        assert trace not in path.read_bytes()
    kinds = {node.op_type for node in model.graph.node}
    assert kinds <= {
        "Add", "Concat", "Conv", "ConvTranspose", "Exp", "LeakyRelu", "Mul", "Neg", "Sigmoid", "Sub"
    }  # fmt: skip


def test_what_only_the_byproduct_needs_is_not_in_the_protect_graph(exported):
    model = onnx.load(exported.folder / "protect.onnx")
    names = {tensor.name for tensor in model.graph.initializer}
    assert any(name.startswith("blocks.1.omega.") for name in names)
    assert any(name.startswith("blocks.0.rho.") for name in names)
    assert not any(name.startswith(("blocks.1.rho.", "blocks.1.eta.")) for name in names)


@pytest.mark.parametrize("depth", [2, 4])
def test_rearranging_changes_no_result(depth):
    network = ProFaceS(NetworkShape(2, growth=4, depth=depth))
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    given = [torch.randn(2, channels, 12, 16, generator=generator) for channels in (3, 3, 1)]
    for graph in graphs_of(network, "paper").values():
        inputs = given[: len(graph.inputs) - 1] + given[2:]
        with torch.inference_mode():
            found, expected = rearranged(graph)(*inputs), graph(*inputs)
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 30, 14)])
def test_graphs_are_torchs_network_at_any_size(exported, weights, shape):
    batch, height, width = shape
    network, _ = load_network(weights)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(2, batch, 3, height, width, generator=generator) * 2 - 1
    key_map = torch.randint(0, 2, (batch, 1, height, width), generator=generator).float() * 2 - 1
    given = {"original": noise[0], "obfuscated": noise[1], "key_map": key_map}
    with torch.inference_mode():
        expected = network(*given.values())[0].numpy()
        recovered = network.inverse(noise[1], key_map)[0].numpy()
    session = onnxruntime.InferenceSession(exported.folder / "protect.onnx")
    (result,) = session.run(None, {name: tensor.numpy() for name, tensor in given.items()})
    assert np.abs(result - expected).max() <= 1e-5 * np.abs(expected).max()
    session = onnxruntime.InferenceSession(exported.folder / "recover.onnx")
    (result,) = session.run(None, {"protected": noise[1].numpy(), "key_map": key_map.numpy()})
    assert np.abs(result - recovered).max() <= 1e-5 * np.abs(recovered).max()


def test_the_same_weights_give_the_same_files(exported, weights):
    before = {name: (exported.folder / name).read_bytes() for name in FILES}
    export(weights, exported.folder)
    assert {name: (exported.folder / name).read_bytes() for name in FILES} == before


def test_another_model_is_not_overwritten(exported, tmp_path):
    other = make_weights(tmp_path / "other.safetensors", seed=1)
    before = (exported.folder / "protect.onnx").read_bytes()
    with pytest.raises(OutputError, match="holds another model"):
        export(other, exported.folder)
    assert (exported.folder / "protect.onnx").read_bytes() == before


def test_graphs_that_differ_too_much_are_not_written(tmp_path, monkeypatch):
    weights = make_weights(tmp_path / "weights.safetensors", blocks=1)
    monkeypatch.setattr(exactness, "TOLERANCE", -1)
    with pytest.raises(ModelError, match=r"protect\.onnx differs from torch"):
        export(weights, tmp_path / "profile")
    assert not any((tmp_path / "profile").iterdir())


def test_the_application_runs_an_exported_profile_like_torch(exported, weights, monkeypatch):
    write_card(exported.folder, "small")
    monkeypatch.setenv("PROFACE_WEIGHTS", str(exported.folder.parent))
    flow, reference = Flow.load("small", ["cpu"]), TorchFlow(load_network(weights)[0])
    assert flow.card.architecture.reach(3) == 12
    originals = np.stack([astronaut()[60:124, 190:238], astronaut()[60:124, 180:228]])
    hidden = np.stack([obfuscators.get("pixelate").apply(face) for face in originals])
    key = PictureKey.from_bytes(bytes(32))
    expected = reference.protect(originals, hidden, key, 7)
    levels = flow.protect(originals, hidden, key, 7).astype(int) - expected
    # A value halfway between two levels may go to either, and the rest of its patch goes by that.
    assert np.abs(levels).max() <= 2
    assert (levels != 0).mean() < 1e-2
    levels = flow.recover(expected, key, 7).astype(int) - reference.recover(expected, key, 7)
    assert np.abs(levels).max() <= 1
    assert (levels != 0).mean() < 1e-3


def test_the_card_says_how_the_model_was_made(exported, tmp_path):
    results = tmp_path / "evaluation.json"
    results.write_text(json.dumps([RESULT]))
    provenance = Provenance("Drawn faces.", "Public domain.")
    card = write_card(exported.folder, "small", results, provenance)
    assert card == ModelCard.from_json((exported.folder / "card.json").read_text())
    assert (card.wrong_recovery, card.secret) == ("obfuscated", False)
    assert card.architecture == model_card.Architecture(2, 4, 2, 2.0)
    assert card.training["steps"] == RECIPE.steps
    assert card.results[0]["faces"] == 10
    text = (exported.folder / "README.md").read_text()
    for part in ("## What it is", "## How it was trained", "## Data and licence", "## Limits"):
        assert part in text
    for setting in RECIPE.as_dict():
        assert f"| `{setting}` |" in text
    assert "Drawn faces.\n\nPublic domain." in text
    assert "does not keep a picture secret" in text
    assert "| **average** | 41.26 / 0.988 / 0.0012 |" in text


def test_results_stay_when_a_card_is_written_anew(exported, tmp_path):
    results = tmp_path / "evaluation.json"
    results.write_text(json.dumps([RESULT]))
    before = write_card(exported.folder, "small", results)
    export(exported.folder / "weights.safetensors", exported.folder)
    assert write_card(exported.folder, "small").results == before.results


def test_shipped_names_say_where_their_data_is_from(exported):
    card = write_card(exported.folder, "paper-obfswr")
    assert card.training["data"] == CELEBA.data
    assert "official test partition" in re.sub(r"\s+", " ", card.training["data"])
    assert "non-commercial" in card.licence
    assert write_card(exported.folder, "mine").training["data"] == "Not stated."


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"faces": 1}]', "\x00"])
def test_results_that_are_none_are_refused(exported, tmp_path, text):
    results = tmp_path / "evaluation.json"
    results.write_text(text)
    write_card(exported.folder, "small")
    before = (exported.folder / "card.json").read_bytes()
    with pytest.raises(ModelError):
        write_card(exported.folder, "small", results)
    assert (exported.folder / "card.json").read_bytes() == before


@pytest.mark.parametrize("name", ["", "../up", "Small", "a b"])
def test_a_profiles_name_is_plain(exported, name):
    with pytest.raises(ModelError, match="'name'"):
        write_card(exported.folder, name)


def test_a_card_needs_an_export(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        write_card(tmp_path, "small")
    make_weights(tmp_path / "weights.safetensors")
    with pytest.raises(ModelError, match="export first"):
        write_card(tmp_path, "small")


def test_a_network_comes_back_as_it_was_saved(weights):
    network, header = load_network(weights)
    assert network.architecture == NetworkShape(blocks=2, growth=4, depth=2)
    assert header["recipe"]["mode"] == "obfswr"
    assert not network.training
    for name, tensor in load_file(weights).items():
        assert torch.equal(network.state_dict()[name], tensor)


def rewrite(weights, path, header=None, **tensors):
    """The weights with another header or other tensors; None drops one."""
    facts = {
        "architecture": json.dumps(NetworkShape(2, 4, 2).as_dict()),
        "recipe": json.dumps(RECIPE.as_dict()),
    }
    changed = load_file(weights) | tensors
    save_file(
        {name: tensor for name, tensor in changed.items() if tensor is not None},
        path,
        facts if header is None else facts | header,
    )
    return path


@pytest.mark.parametrize(
    "header",
    [
        {"architecture": "{"},
        {"architecture": "[]"},
        {"architecture": '{"blocks": 2}'},
        {"architecture": '{"blocks": 1000000, "growth": 4, "depth": 2, "clamp": 2.0}'},
        {"architecture": '{"blocks": 3, "growth": 4, "depth": 2, "clamp": 2.0}'},
        {"architecture": '{"blocks": 2, "growth": 8, "depth": 2, "clamp": 2.0}'},
        {"recipe": "null"},
        {"recipe": "nonsense"},
    ],
)
def test_a_header_that_does_not_fit_is_refused(weights, tmp_path, header):
    with pytest.raises(ModelError):
        load_network(rewrite(weights, tmp_path / "w.safetensors", header))


BIAS = "blocks.0.omega.convolutions.0.bias"


@pytest.mark.parametrize(
    "tensor",
    [None, torch.zeros(5), torch.zeros(4).half(), torch.full((4,), float("nan"))],
    ids=["missing", "shape", "half", "nan"],
)
def test_a_tensor_that_does_not_fit_is_refused(weights, tmp_path, tensor):
    path = rewrite(weights, tmp_path / "w.safetensors", **{BIAS: tensor})
    with pytest.raises(ModelError, match=BIAS):
        load_network(path)


def test_files_that_are_no_weights_are_refused(weights, tmp_path):
    path = tmp_path / "w.safetensors"
    with pytest.raises(ModelError, match="cannot be read"):
        load_network(path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_network(tmp_path)
    whole = weights.read_bytes()
    for data in (b"", b"no weights", whole[: len(whole) // 2], whole + b"more"):
        path.write_bytes(data)
        with pytest.raises(ModelError, match="cannot be read"):
            load_network(path)
    torch.save({"network": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_network(path)
    save_file({"network": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="not from this program"):
        load_network(path)


def test_an_average_lies_between_two_networks(tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in ("first", "second", "mean")]
    networks = [ProFaceS(), ProFaceS()]
    for network, path in zip(networks, paths, strict=False):
        write_weights(network, RECIPE.as_dict() | {"started_from": []}, path)
    average(paths[0], paths[1], 0.25, paths[2])
    mean, header = load_network(paths[2])
    first, second = (next(network.parameters()) for network in networks)
    torch.testing.assert_close(next(mean.parameters()), 0.75 * first + 0.25 * second)
    assert header["recipe"]["averaged"] == 0.25
    with pytest.raises(ModelError, match="share"):
        average(paths[0], paths[1], 1.5, paths[2])


def test_a_hardened_flow_is_exported_like_the_paper_s(tmp_path, monkeypatch):
    network = load_network(make_weights(tmp_path / "any.safetensors"))[0]
    weights = tmp_path / "weights.safetensors"
    write_weights(network, preset("hardened", "randwr").as_dict() | {"started_from": []}, weights)
    report = export(weights, tmp_path / "profiles" / "hard")
    for name, outputs in (("protect.onnx", 1), ("recover.onnx", 2)):
        assert report.largest(name, "real") <= exactness.TOLERANCE
        assert len(onnx.load(report.folder / name).graph.output) == outputs
    measured = np.load(report.folder / "sensitivity.npy", allow_pickle=False)
    np.testing.assert_array_equal(measured, sensitivity(network, "hardened"))
    card = write_card(report.folder, "hard", mode="obfswr")
    assert (card.flow, card.secret, card.wrong_recovery) == ("hardened", True, "obfuscated")
    monkeypatch.setenv("PROFACE_WEIGHTS", str(tmp_path / "profiles"))
    # In float32 wherever it runs; a processor with bfloat16 would protect in that.
    loaded = Flow.load("hard", ["cpu"])
    flow = Flow(loaded.card, loaded.network, NEAREST)
    reference = TorchFlow(network, "hardened", "obfuscated", rounding=NEAREST)
    # Corrections and roundings that make up for others let differences grow.
    flow.hardened.corrections = reference.hardened.corrections = 0
    original = astronaut()[60:125, 190:240]
    hidden = obfuscators.get("median").apply(original)
    key = PictureKey.from_bytes(bytes(32))
    expected = reference.protect(original[None], hidden[None], key, 3)[0]
    levels = flow.protect(original, hidden, key, 3).astype(int) - expected
    assert np.abs(levels).max() <= 1
    assert (levels != 0).mean() < 1e-3


def test_a_paper_s_network_has_the_mode_it_learned(exported):
    with pytest.raises(ModelError, match="learned the mode 'obfswr'"):
        write_card(exported.folder, "small", mode="randwr")
