"""One clip, written as a protected one would be, with nothing protected in it."""

from contextlib import ExitStack
from pathlib import Path

from av.packet import Packet

from ..files.atomic import NewFiles
from ..files.output import check_output
from ..timing import each, stage
from .reader import Reader
from .writer import VideoCodec, Writer, check_name


def copy(
    source: Path,
    out: Path,
    codec: VideoCodec = "ffv1",
    overwrite: bool = False,
    private: bool = False,
    no_audio: bool = False,
) -> tuple[int, tuple[str, ...]]:
    """Copy frames without loss, sound and subtitles packet for packet, and no metadata.

    Sound that Matroska cannot hold is converted or dropped, see `sound.plan`.

    Args:
        source: a file of any usual container and codec.
        out: .mkv; written as a whole or not at all.
        codec: of the copy.
        overwrite: whether an existing file may be replaced.
        private: whether only the owner may read the copy.
        no_audio: whether sound is left out.

    Returns:
        The number of frames, and sentences that the user should read.

    Raises:
        VideoError: the source cannot be read, holds no video, or its size changes.
        OutputError: ``out`` is not .mkv, exists, or cannot be written.
    """
    check_name(out)
    check_output(out, overwrite, [source])
    count = 0
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(source))
        clip = reader.clip
        files = NewFiles(overwrite, private)
        carried = reader.carried(not no_audio)
        writer = stack.enter_context(Writer(out, clip, carried, codec, files=files))
        for item in each("decode", reader):
            with stage("encode"):
                if isinstance(item, Packet):
                    writer.carry(item)
                    continue
                seconds = item.pts * clip.time_base - clip.origin
                writer.write(item.pixels, round(seconds * 1000))
                count += 1
    return count, (*reader.notes, *writer.notes)
