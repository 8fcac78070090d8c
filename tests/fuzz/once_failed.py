"""Damage of kinds that once ended badly, here or in programs like this one."""

import json
import struct
import zlib

from .samples import Sample, samples


def corpus() -> list[tuple[str, Sample]]:
    """Each with a word on what it is."""
    files = {sample.name: sample for sample in samples()}
    made = [
        ("empty scans", files["progressive.jpg"], _scans(files["progressive.jpg"].data)),
        ("last bytes missing", files["plain.jpg"], files["plain.jpg"].data[:-2]),
        ("half a file", files["plain.jpg"], files["plain.jpg"].data[:-600]),
        ("65,535 x 65,535", files["plain.png"], _huge(files["plain.png"].data)),
        ("directories in a ring", files["plain.tif"], _ring(files["plain.tif"].data)),
        ("many directories", files["plain.tif"], _chain(files["plain.tif"].data)),
        ("nothing", files["plain.png"], b""),
        ("a bomb of text", files["plain.png"], _text_bomb(files["plain.png"].data)),
        ("deep JSON", files["pixels-png.json"], b"[" * 100_000),
        ("lone surrogate", files["pixels-png.json"], b'{"proface": "\\ud800"}'),
        ("deep JSON in a grant", files["grant.json"], b"[" * 100_000),
        ("a grant that is a number", files["grant.json"], b"9" * 5000),
    ]
    manifest = json.loads(files["pixels-png.json"].data)
    for name, faces in (
        ("4,096 equal boxes", manifest["faces"] * 4096),
        ("huge box", [manifest["faces"][0] | {"width": 2**31}]),
    ):
        changed = json.dumps(manifest | {"faces": faces}).encode()
        made.append((name, files["pixels-png.json"], changed))
    for name, slot in (
        ("a derivation of lone surrogates", {"algorithm": "\ud800"}),
        ("work for a year", {"time_cost": 2**60}),
        ("the paper's derivation in a password's slot", {"algorithm": "paper", "salt": ""}),
    ):
        slots = [manifest["slots"][0] | slot]
        changed = json.dumps(manifest | {"slots": slots}).encode()
        made.append((name, files["pixels-png.json"], changed))
    head, *entries = files["detached.json"].data.splitlines(keepends=True)
    for name, change in (
        ("key frames 2^31", {"key_frames": 2**31}),
        ("key frames 2^63 - 1", {"key_frames": 2**63 - 1}),
        ("time base 1 / 2^62", {"time_base": [1, 2**62]}),
        ("time base 0 / 0", {"time_base": [0, 0]}),
        ("origin -2^62", {"origin": [-(2**62), 1]}),
    ):
        changed = json.dumps(json.loads(head) | change).encode() + b"\n" + b"".join(entries)
        made.append((name, files["detached.json"], changed))
    return [
        (name, Sample(sample.kind, sample.name, data, sample.companion))
        for name, sample, data in made
    ]


def _scans(data: bytes) -> bytes:
    """The last scan 300 times."""
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 300 + data[-2:]


def _huge(data: bytes) -> bytes:
    at = data.index(b"IHDR")
    head = b"IHDR" + struct.pack(">II", 65535, 65535) + data[at + 12 : at + 17]
    return data[:at] + head + struct.pack(">I", zlib.crc32(head)) + data[at + 21 :]


def _directory(data: bytes) -> tuple[int, int]:
    """Where the first directory of a little-endian TIFF is, and where it names the next."""
    first = struct.unpack_from("<I", data, 4)[0]
    return first, first + 2 + 12 * struct.unpack_from("<H", data, first)[0]


def _ring(data: bytes) -> bytes:
    first, following = _directory(data)
    return data[:following] + struct.pack("<I", first) + data[following + 4 :]


def _chain(data: bytes) -> bytes:
    """20,000 directories of one field."""
    _, following = _directory(data)
    end = len(data)
    field = struct.pack("<HHHII", 1, 254, 4, 1, 0)
    parts = [field + struct.pack("<I", end + 18 * (index + 1)) for index in range(20_000)]
    parts[-1] = field + bytes(4)
    return data[:following] + struct.pack("<I", end) + data[following + 4 :] + b"".join(parts)


def _text_bomb(data: bytes) -> bytes:
    body = b"zTXt" + b"proface\0\0" + zlib.compress(bytes(64 * 2**20), 9)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]
