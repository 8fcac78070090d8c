"""ONNX files from strangers: whether all that they compute with lies in the file itself.

A tensor of an ONNX file may say that its values lie elsewhere (``external_data``): in any file that
its path leads to, or, with a name that ONNX Runtime reserves, at an address of its own memory. Such
a network could show what it read. The format is protobuf, whose messages name each field by a
number (https://protobuf.dev/programming-guides/encoding, onnx/onnx.proto); only the fields that
lead to tensors are followed.
"""

from collections.abc import Iterator
from pathlib import Path

from ..errors import ModelError

_Children = dict[int, str]
_MESSAGES: dict[str, _Children] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse",
        23: "sparse",
    },
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""By message: the fields that lead on, and to what."""
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
"""Fields of a tensor; the second is 1 where the values lie elsewhere."""
_DEEPEST = 64
"""Messages within messages, three for each graph in a graph; protobuf itself ends at 100."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_ORT_FORMAT = b"ORTM"
"""Where a file has this at its fifth byte, ONNX Runtime reads a format of its own."""


def check(data: bytes, path: Path) -> None:
    """Refuse a network whose tensors lie outside its file.

    Args:
        data: the whole file.
        path: for the message.

    Raises:
        ModelError: it names another file, it is in ONNX Runtime's own format, or it is no ONNX
            file.
    """
    if data[4:8] == _ORT_FORMAT:
        raise ModelError(f"{path} is in ONNX Runtime's own format; convert it to ONNX")
    try:
        outside = _names_others(memoryview(data))
    except ValueError as error:
        raise ModelError(f"{path} is no network: it is no ONNX file ({error})") from error
    if outside:
        raise ModelError(
            f"{path} keeps its weights in another file; save it with all of them inside, for "
            "instance with onnx.save(onnx.load(FILE), OUT, save_as_external_data=False)"
        )


def _names_others(model: memoryview) -> bool:
    left: list[tuple[str, memoryview, int]] = [("model", model, 0)]
    while left:
        message, data, depth = left.pop()
        if depth > _DEEPEST:
            raise ValueError("its graphs are nested too deeply")
        for field, value in _fields(data):
            if message == "tensor" and _is_outside(field, value):
                return True
            child = _MESSAGES[message].get(field)
            if child and isinstance(value, memoryview):
                left.append((child, value, depth + 1))
    return False


def _is_outside(field: int, value: int | memoryview) -> bool:
    return field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value != 0)


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a message; of fixed width, 0 for the value.

    Raises:
        ValueError: it is no protobuf.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag >> 32:  # other readers would cut it to 32 bits, and see another field
            raise ValueError("the number of a field is too large")
        value: int | memoryview = 0
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
        elif kind == _BYTES:
            length, at = _varint(data, at)
            value = data[at : at + length]
            at += length
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"a field is of kind {kind}")
        if at > len(data):
            raise ValueError("it is cut short")
        yield tag >> 3, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("it is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is too long")
