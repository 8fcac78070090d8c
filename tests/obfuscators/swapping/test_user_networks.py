"""SimSwap and FaceShifter, with small graphs of the real ones' signatures that are made here."""

import numpy as np
import pytest

from proface import ModelError, ObfuscatorError, OutputError, obfuscators
from proface.faces import boxes, detector
from proface.files import images
from proface.obfuscators.swapping import average_faces, network_store, user_networks
from proface.obfuscators.swapping.exchange import SEAM, reach
from proface.obfuscators.swapping.warp import FaceMap
from proface.showcase.demo import SAMPLE
from tests.commandline import check_done, check_refused, contents, run

onnx = pytest.importorskip("onnx")
FAMILIES = {"simswap": (224, 0.0), "faceshifter": (256, -1.0)}


def save(path, inputs, output, nodes, constants=()):
    """Write a graph; shapes by name."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info("output", kind, output)],
        constants,
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def tensor(name, values):
    return onnx.numpy_helper.from_array(np.array(values), name)


def identity(path, width=512):
    """The mean of each plane, repeated."""
    node = onnx.helper.make_node
    nodes = [
        node("ReduceMean", ["face"], ["mean"], axes=[2, 3], keepdims=0),
        node("MatMul", ["mean", "spread"], ["output"]),
    ]
    spread = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    return save(path, {"face": [1, 3, 112, 112]}, [1, width], nodes, [tensor("spread", spread)])


def generator(path, side, low):
    """The picture upside down in value, moved by the identity's first number."""
    node = onnx.helper.make_node
    nodes = [
        node("Gather", ["who", "first"], ["number"], axis=1),
        node("Reshape", ["number", "shape"], ["shift"]),
        node("Sub", ["sum", "face"], ["negative"]),
        node("Add", ["negative", "shift"], ["output"]),
    ]
    constants = [
        tensor("first", np.array([0])),
        tensor("shape", np.array([1, 1, 1, 1])),
        tensor("sum", np.float32([1 + low])),
    ]
    inputs = {"face": [1, 3, side, side], "who": [1, 512]}
    return save(path, inputs, [1, 3, side, side], nodes, constants)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A folder with all four networks."""
    monkeypatch.setenv(network_store.VARIABLE, str(tmp_path / "models"))
    for name, (side, low) in FAMILIES.items():
        network_store.add(identity(tmp_path / "i.onnx"), f"{name}-identity")
        network_store.add(generator(tmp_path / "g.onnx", side, low), f"{name}-generator")
    user_networks._open.cache_clear()
    return tmp_path / "models"


@pytest.fixture(scope="module")
def sample():
    pixels = images.read(SAMPLE).pixels
    found = detector.detect_with_landmarks(pixels)[0]
    box = boxes.enlarge(found.box, *pixels.shape[:2], 1.3)
    return pixels[box.window].copy(), found.landmarks[None] - np.float32([box.x, box.y])


@pytest.mark.parametrize("name", FAMILIES)
def test_the_networks_picture_fills_the_hull_and_nothing_beyond_the_seam(installed, sample, name):
    crop, landmarks = sample
    obfuscated = obfuscators.get(name).apply(crop, landmarks=landmarks)
    height, width = crop.shape[:2]
    face = FaceMap.between(landmarks[0], average_faces.MODEL, height, width)
    far = reach(face.field((slice(0, height), slice(0, width))))
    np.testing.assert_array_equal(obfuscated[far >= SEAM], crop[far >= SEAM])
    # The test's generator gives the negative, shifted: every range and place is right or this
    # would be none.
    inside = far < 0.9
    one, other = crop[inside].astype(float).ravel(), obfuscated[inside].astype(float).ravel()
    assert np.corrcoef(one, other)[0, 1] < -0.9


@pytest.mark.parametrize("name", FAMILIES)
def test_the_source_is_the_donor_or_nobody(installed, sample, name):
    crop, landmarks = sample
    plain = obfuscators.get(name)
    nobody, again, other = (
        plain.apply(crop, landmarks=landmarks, face_index=index) for index in (0, 0, 1)
    )
    np.testing.assert_array_equal(nobody, again)
    assert (nobody != other).any()
    donor = plain.using(donor=SAMPLE).apply(crop, landmarks=landmarks)
    assert (donor != nobody).any()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_missing_network_says_how_to_get_it(tmp_path, monkeypatch, sample, name):
    monkeypatch.setenv(network_store.VARIABLE, str(tmp_path))
    user_networks._open.cache_clear()
    with pytest.raises(ModelError, match=f"proface models add FILE --as {name}-identity"):
        obfuscators.get(name).apply(sample[0])


@pytest.mark.parametrize("name", FAMILIES)
def test_a_missing_network_is_told_before_a_password_is_asked(tmp_path, monkeypatch, name):
    monkeypatch.setenv(network_store.VARIABLE, str(tmp_path))
    # Nothing could answer the prompt.
    refusal = run("protect", SAMPLE, "-o", tmp_path / "out.png", "--obfuscator", name, stdin="")
    check_refused(refusal, f"proface models add FILE --as {name}-identity")


def test_a_donor_without_a_face_is_refused(tmp_path):
    with pytest.raises(ObfuscatorError, match="cannot be used"):
        obfuscators.get("simswap").using(donor=tmp_path / "none.png")


def test_networks_of_another_kind_are_not_installed(tmp_path, monkeypatch):
    home = tmp_path / "models"
    monkeypatch.setenv(network_store.VARIABLE, str(home))
    swapped = generator(tmp_path / "g.onnx", 224, 0.0)
    with pytest.raises(ModelError, match="1 x 3 x 112 x 112"):
        network_store.add(swapped, "simswap-identity")
    with pytest.raises(ModelError, match="256"):
        network_store.add(swapped, "faceshifter-generator")
    with pytest.raises(ModelError, match="1 x 512"):
        network_store.add(identity(tmp_path / "i.onnx", 256), "simswap-identity")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(ModelError, match="no network"):
        network_store.add(tmp_path / "junk.onnx", "simswap-identity")
    with pytest.raises(ModelError, match="no network is called"):
        network_store.add(swapped, "../x")
    assert not home.exists()


def test_a_network_is_replaced_only_when_told_to(installed, tmp_path):
    before = contents(installed)
    file = identity(tmp_path / "i.onnx")
    with pytest.raises(OutputError, match="overwrite"):
        network_store.add(file, "simswap-identity")
    assert contents(installed) == before
    assert network_store.add(file, "simswap-identity", overwrite=True).is_file()


def test_the_command_lists_and_installs(tmp_path, monkeypatch):
    monkeypatch.setenv(network_store.VARIABLE, str(tmp_path / "models"))
    assert check_done(run("models")).count("missing") == 4
    file = identity(tmp_path / "i.onnx")
    check_done(run("models", "add", file, "--as", "simswap-identity"))
    assert check_done(run("models")).count("missing") == 3
    assert '"installed": true' in check_done(run("models", "--json"))
    check_refused(run("models", "add", file, "--as", "simswap-identity"), "--overwrite")
    check_refused(run("models", "add", file, "--as", "nothing"), "simswap-generator")
