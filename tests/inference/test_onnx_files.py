"""Networks of users may name no other file, however deep in them the name lies."""

import pytest

from proface import ModelError
from proface.inference import onnx_files
from proface.obfuscators.swapping import network_store

onnx = pytest.importorskip("onnx")
helper, FLOAT = onnx.helper, onnx.TensorProto.FLOAT


def inside(name="w"):
    return helper.make_tensor(name, FLOAT, [3], [0.0, 0.0, 0.0])


def outside(location="weights.bin", *, located=True, named=True):
    """A tensor whose 12 bytes lie in another file."""
    tensor = onnx.TensorProto(name="w", data_type=FLOAT, dims=[3])
    if located:
        tensor.data_location = onnx.TensorProto.EXTERNAL
    if named:
        tensor.external_data.add(key="location", value=location)
    return tensor


def graph(nodes=(), tensors=(), sparse=()):
    """1 x 3 x 112 x 112 to 1 x 512 as far as it declares."""
    return helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", FLOAT, [1, 3, 112, 112])],
        [helper.make_tensor_value_info("y", FLOAT, [1, 512])],
        list(tensors),
        sparse_initializer=list(sparse),
    )


def model(made, functions=()):
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opsets, ir_version=8, functions=list(functions))


def constant(tensor):
    return helper.make_node("Constant", [], ["w"], value=tensor)


def nested(tensor, depth):
    """A graph in an attribute of a node, so many times."""
    body = graph([constant(tensor)])
    for _ in range(depth):
        node = helper.make_node("If", ["c"], ["w"], then_branch=body, else_branch=graph())
        body = graph([node])
    return body


def in_function(tensor):
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_function("local", "f", [], ["w"], [constant(tensor)], opsets)


def sparse(values, indices):
    made = onnx.SparseTensorProto(values=values, indices=indices, dims=[9])
    made.values.name = "w"
    return made


def trained(tensor):
    made = model(graph())
    made.training_info.add().initialization.CopyFrom(graph([constant(tensor)]))
    return made


def many(tensor):
    node = helper.make_node("Constant", [], ["w"])
    node.attribute.add(name="values", type=onnx.AttributeProto.TENSORS).tensors.append(tensor)
    return model(graph([node]))


OUTSIDE = {
    "beside": model(graph(tensors=[outside()])),
    "elsewhere": model(graph(tensors=[outside("/etc/passwd")])),
    "above": model(graph(tensors=[outside("../../etc/passwd")])),
    "memory": model(graph(tensors=[outside("*/_ORT_MEM_ADDR_/*")])),
    "second": model(graph(tensors=[inside("v"), outside()])),
    "only located": model(graph(tensors=[outside(named=False)])),
    "only named": model(graph(tensors=[outside(located=False)])),
    "constant": model(graph([constant(outside())])),
    "several in a constant": many(outside()),
    "branch": model(nested(outside(), 1)),
    "branch of a branch": model(nested(outside(), 5)),
    "function": model(graph(), [in_function(outside())]),
    "sparse values": model(graph(sparse=[sparse(outside(), inside())])),
    "sparse indices": model(graph(sparse=[sparse(inside(), outside())])),
    "training": trained(outside()),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_network_that_names_another_file_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setenv(network_store.VARIABLE, str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(bytes(12))
    file = tmp_path / "network.onnx"
    file.write_bytes(OUTSIDE[name].SerializeToString())
    with pytest.raises(ModelError, match=r"network\.onnx keeps its weights in another file; save"):
        network_store.add(file, "simswap-identity")
    assert not (tmp_path / "models").exists()
    # One that was put there by hand is seen when it is opened.
    installed = tmp_path / "models" / "simswap-identity.onnx"
    installed.parent.mkdir()
    file.rename(installed)
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        network_store.load("simswap-identity")


@pytest.mark.parametrize(
    "made",
    [
        model(graph(tensors=[inside()])),
        model(nested(inside(), 5), [in_function(inside())]),
        model(graph(sparse=[sparse(inside(), inside())])),
        trained(inside()),
        many(inside()),
    ],
)
def test_a_network_that_holds_everything_is_let_through(tmp_path, made):
    onnx_files.check(made.SerializeToString(), tmp_path / "network.onnx")


WHOLE = model(graph(tensors=[inside()])).SerializeToString()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (WHOLE[:-1], "cut short"),
        (b"\xff" * 20, "too long"),
        (b"\xff\xff\xff\xff\xff\x01", "too large"),
        (b"\x0b" + WHOLE, "kind 3"),
        (b"\x0a", "cut short"),
        (b"\x0dabc", "cut short"),
        (b"abcdORTM" + WHOLE, "own format"),
        (model(nested(inside(), 24)).SerializeToString(), "too deeply"),
    ],
)
def test_what_is_no_onnx_file_is_refused(tmp_path, data, words):
    with pytest.raises(ModelError, match=words):
        onnx_files.check(data, tmp_path / "network.onnx")
