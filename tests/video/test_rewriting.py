"""Another header in a protected clip: the attachment is exchanged, and all else is as it was."""

import io
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Key, video
from proface.errors import ManifestError, OutputError, VideoError
from proface.files.atomic import NewFiles
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video import ClipOptions, ebml
from proface.video.matching import read_manifest
from proface.video.reader import Reader
from proface.video.rewriting import replace_header
from proface.video.streams import HEADER_NAME
from tests.video import clips
from tests.video.test_geometry import aspect_of, encode, frames, pictures

KEY = Key.from_bytes(bytes(range(32)))
BOX = {"x": 10, "y": 6, "width": 40, "height": 36}
COUNT = 8


def protect(folder: Path, clip: Path, manifest: str = "embed") -> Path:
    (folder / "boxes.json").write_text(json.dumps([BOX]))
    out = folder / f"{manifest}.mkv"
    keeping = ProtectOptions(keeping=KeepingOptions("sealed"))
    video.protect(
        clip, out, KEY, keeping, ClipOptions(manifest=manifest), faces=folder / "boxes.json"
    )
    return out


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound in two languages, subtitles, a font, and times that are uneven."""
    folder = tmp_path_factory.mktemp("source")
    drawn = [each.pixels for each in clips.draw(COUNT, 64, 48, 40, (COUNT, COUNT), 0)]
    times = [0, 100, 210, 290, 400, 1500, 1600, 1733]
    texts = [(100, 150, "<i>one</i> & two"), (900, 50, "three")]
    clip = clips.write(folder / "clip.mkv", drawn, times=times, tones=2, subtitles=texts)
    with av.open(str(clip)) as given, av.open(str(folder / "full.mkv"), "w") as out:
        copies = {each.index: out.add_stream_from_template(each) for each in given.streams}
        copies[1].disposition = av.stream.Disposition.default
        out.add_attachment("font.ttf", "font/sfnt", b"a font")
        for packet in given.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    return folder / "full.mkv"


@pytest.fixture(scope="module")
def protected(source: Path) -> Path:
    """Only ever read."""
    return protect(source.parent, source)


def header_of(path: Path) -> str:
    with Reader(path) as reader:
        return reader.streams.header


def entries(path: Path) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        track = next(each for each in container.streams if each.metadata.get("title") == "proface")
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(track)
            if packet.size
        ]


def blocks(path: Path) -> list[bytes]:
    """All clusters, byte for byte, with all their packets and times."""
    data = path.read_bytes()
    segment = next(each for each in ebml.children(data, 0, len(data)) if each[0] == ebml.SEGMENT)
    parts = ebml.children(data, segment[2], len(data))
    return [data[begin:end] for number, begin, _, end in parts if number == ebml.CLUSTER]


def others(path: Path) -> list[tuple[str | None, str | None, bytes]]:
    with av.open(str(path)) as container:
        return [
            (each.metadata.get("filename"), each.mimetype, each.data)
            for each in container.streams
            if each.type == "attachment" and each.metadata.get("filename") != HEADER_NAME
        ]


def described(path: Path) -> list[tuple[object, ...]]:
    with av.open(str(path)) as container:
        return [
            (
                each.type,
                dict(each.metadata) if each.type != "attachment" else None,
                int(each.disposition),
                each.time_base,
                each.duration,
                each.codec_context and each.codec_context.name,
                getattr(each, "average_rate", None),
                getattr(each, "sample_aspect_ratio", None),
                getattr(each.codec_context, "color_trc", None),
                getattr(each.codec_context, "extradata", None),
            )
            for each in container.streams
        ]


@pytest.mark.parametrize("length", [1, 200, 5000, 2**20])
def test_all_but_the_header_is_as_it_was(protected: Path, tmp_path: Path, length: int) -> None:
    out = tmp_path / "out.mkv"
    header = ("<\"&'\\>{" * length)[:length]
    replace_header(protected, out, header)
    assert header_of(out) == header
    assert blocks(out) == blocks(protected)
    assert others(out) == others(protected) != []
    assert described(out) == described(protected)
    assert entries(out) == entries(protected)
    assert len(entries(out)) == COUNT + 1  # and the end
    assert header_of(protected).encode() not in out.read_bytes()
    before, after = clips.decode(protected), clips.decode(out)
    assert [time for time, _ in after] == [time for time, _ in before]
    for (_, one), (_, other) in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    for kind, index in (("audio", 0), ("audio", 1), ("subtitles", 0)):
        assert clips.packets(out, kind, index) == clips.packets(protected, kind, index) != []


def test_the_tables_of_the_new_file_lead_to_the_right_places(
    protected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    replace_header(protected, out, "x" * 100_000)
    data = out.read_bytes()
    _, segment = ebml.children(data, 0, len(data))
    assert segment[3] == len(data)
    level = list(ebml.children(data, segment[2], segment[3]))
    starts = {begin - segment[2]: number for number, begin, _, _ in level}
    seeks, cues = [], []
    for number, _, begin, end in level:
        assert end <= len(data)
        if (crc := next(ebml.children(data, begin, end), None)) and crc[0] == ebml.CRC:
            assert data[crc[2] : crc[3]] == ebml.checksum(data[crc[3] : end])
        if number == 0x114D9B74:
            seeks += [each for each in ebml.children(data, begin, end) if each[0] == 0x4DBB]
        if number == 0x1C53BB6B:
            cues += [each for each in ebml.children(data, begin, end) if each[0] == 0xBB]
    assert len(seeks) == 5
    for _, _, begin, end in seeks:
        (_, _, a, b), (_, _, c, d) = ebml.children(data, begin, end)
        assert starts[int.from_bytes(data[c:d], "big")] == int.from_bytes(data[a:b], "big")
    places = [
        int.from_bytes(data[each[2] : each[3]], "big")
        for _, _, begin, end in cues
        for track in ebml.children(data, begin, end)
        if track[0] == 0xB7
        for each in ebml.children(data, track[2], track[3])
        if each[0] == 0xF1
    ]
    assert len(places) >= COUNT
    assert {starts[place] for place in places} == {ebml.CLUSTER}


def test_the_same_text_twice_gives_the_same_file_and_is_recovered(
    protected: Path, tmp_path: Path
) -> None:
    first, second, back = (tmp_path / name for name in ("1.mkv", "2.mkv", "back.mkv"))
    replace_header(protected, first, "something else")
    replace_header(first, second, header_of(protected))
    first.unlink()
    replace_header(second, first, header_of(protected))
    assert first.read_bytes() == second.read_bytes()
    assert video.recover(first, back, KEY).faces == COUNT
    video.recover(protected, tmp_path / "expected.mkv", KEY)
    for one, other in zip(clips.decode(back), clips.decode(tmp_path / "expected.mkv"), strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1], other[1])


def test_a_clip_that_was_cut_short_keeps_as_much(protected: Path, tmp_path: Path) -> None:
    data = protected.read_bytes()
    cut, out = tmp_path / "cut.mkv", tmp_path / "out.mkv"
    cut.write_bytes(data[: len(data) * 2 // 3])
    replace_header(cut, out, header_of(protected) + " " * 999)
    assert 0 < len(clips.decode(cut)) < COUNT
    assert len(clips.decode(out)) == len(clips.decode(cut))
    with NewFiles() as files:
        replace_header(cut, tmp_path / "with.mkv", header_of(protected), files)
        assert not (tmp_path / "with.mkv").exists()
    back = video.recover(tmp_path / "with.mkv", tmp_path / "back.mkv", KEY, accept_damage=True)
    assert back.faces > 0


def test_a_clip_that_another_program_wrote(protected: Path, tmp_path: Path) -> None:
    """A stream: no table, no length of the segment; written to what cannot be sought in."""

    class Pipe(io.BytesIO):
        seekable = None
        seek = None

    pipe = Pipe()
    with av.open(str(protected)) as given, av.open(pipe, "w", format="matroska") as out:
        copies = {}
        for each in given.streams:
            if each.type == "attachment":
                out.add_attachment(each.metadata["filename"], each.mimetype, each.data)
            else:
                copies[each.index] = out.add_stream_from_template(each)
                copies[each.index].metadata.update(each.metadata)
        for packet in given.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    clip, new = tmp_path / "pipe.mkv", tmp_path / "new.mkv"
    clip.write_bytes(pipe.getvalue())
    replace_header(clip, new, header_of(protected) + " " * 999)
    assert header_of(new) == header_of(protected) + " " * 999
    assert len(blocks(clip)) > 0
    assert blocks(new) == blocks(clip)
    assert entries(new) == entries(protected)


def test_the_shape_of_pixels_stays(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", pictures(frames()), aspect=Fraction(64, 45))
    wide, out = protect(tmp_path, clip), tmp_path / "out.mkv"
    replace_header(wide, out, "x" * 5000)
    assert aspect_of(out) == Fraction(64, 45)
    assert described(out) == described(wide)
    assert blocks(out) == blocks(wide)


def test_nothing_is_replaced_and_nothing_is_left_of_a_failure(
    protected: Path, source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    out.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        replace_header(protected, out, "x")
    with pytest.raises(OutputError, match="input itself"):
        replace_header(protected, protected, "x")
    assert out.read_bytes() == b"mine"
    with pytest.raises(OutputError, match="suffix"):
        replace_header(protected, tmp_path / "out.txt", "x")
    with pytest.raises(OutputError, match="printable ASCII"):
        replace_header(protected, tmp_path / "new.mkv", "ö")
    with pytest.raises(ManifestError, match="carries no proface manifest"):
        replace_header(source, tmp_path / "new.mkv", "x")
    with pytest.raises(ManifestError, match="kept apart"):
        replace_header(protect(tmp_path, source, "detached"), tmp_path / "new.mkv", "x")
    for content in (b"", b"no clip at all, whatever it is", b"\x1a\x45\xdf\xa3\x80"):
        (tmp_path / "bad.mkv").write_bytes(content)
        with pytest.raises(VideoError, match=r"bad\.mkv"):
            replace_header(tmp_path / "bad.mkv", tmp_path / "new.mkv", "x")
    with pytest.raises(VideoError, match=r"missing\.mkv"):
        replace_header(tmp_path / "missing.mkv", tmp_path / "new.mkv", "x")
    assert not (tmp_path / "new.mkv").exists()
    assert not list(tmp_path.glob(".proface-*"))


def test_a_clip_may_replace_itself_when_asked(protected: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    clip.write_bytes(protected.read_bytes())
    with NewFiles(overwrite=True) as files:
        replace_header(clip, clip, "new", files)
    assert header_of(clip) == "new"
    assert blocks(clip) == blocks(protected)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_clips_give_an_error_of_ours_or_a_file(
    protected: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(protected.read_bytes())
    front = content.index(ebml.CLUSTER.to_bytes(4, "big"))
    tail = content.rindex(0x1C53BB6B.to_bytes(4, "big"))
    places = st.integers(0, front) | st.integers(tail, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    (folder / "bad.mkv").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    out = folder / "out.mkv"
    try:
        replace_header(folder / "bad.mkv", out, "new")
    except (VideoError, ManifestError):
        assert not out.exists()
    else:
        assert b"new" in out.read_bytes()


@given(st.binary(max_size=300), st.integers(0, 2**16))
def test_elements_are_read_as_they_were_written(content: bytes, more: int) -> None:
    content += bytes(more)
    for size in (None, 8):
        data = ebml.element(ebml.CLUSTER, content, size)
        ((number, begin, at, end),) = ebml.children(data, 0, len(data))
        assert (number, begin, data[at:end]) == (ebml.CLUSTER, 0, content)
    shorter = len(ebml.element(ebml.CLUSTER, content)) - len(content) - 5
    assert shorter == 0 or len(content) > (1 << 7 * shorter) - 2
    for length in (None, len(content)):
        data = ebml.long_head(ebml.SEGMENT, length)
        assert ebml.head(data, 0) == (ebml.SEGMENT, len(data), length)


def test_the_entries_of_the_new_file_go_with_its_frames(protected: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    replace_header(protected, out, header_of(protected) + " ")
    assert video.inspect(out).problems == ()
    with Reader(out) as one, Reader(protected) as other:
        assert read_manifest(out, one, None, None) == read_manifest(protected, other, None, None)
        assert one.clip == other.clip
