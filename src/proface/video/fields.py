"""Interlaced frames, made whole: the two fields of one frame are 1/50 or 1/60 s apart.

Each field has lines of its own, of colour too: a 4:2:0 frame converted as if it were progressive
mixes the colours of two moments. So frames that say that they are interlaced go through FFmpeg's
filter bwdif (BBC's w3fdif with the edges of yadif), which gives one whole frame for each, at its
time. All others come out as they went in.
"""

from collections import deque
from collections.abc import Iterator

import av
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_SILENT = ("rawvideo", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "v210", "v308", "r210", "mjpeg")
"""Codecs whose frames do not tell; the container may."""
_TOP_FIRST = (2, 4)  # AV_FIELD_TT, AV_FIELD_TB
_BOTTOM_FIRST = (3, 5)  # AV_FIELD_BB, AV_FIELD_BT

Timed = Iterator[tuple[int, VideoFrame]]


class Deinterlacer:
    """Takes frames with their times, and gives them back, one frame later where fields are seen."""

    def __init__(self, video: VideoStream) -> None:
        """Begin with a video stream that is being decoded."""
        self._video = video
        self._parity = _parity_of_container(video)
        self._graph: Graph | None = None
        self._times: deque[int] = deque()
        self.count = 0
        """Interlaced frames so far."""

    def push(self, pts: int, frame: VideoFrame) -> Timed:
        """Take a frame; give those that are ready."""
        interlaced = frame.interlaced_frame or self._parity is not None
        self.count += interlaced
        if self._graph is None and not interlaced:
            yield pts, frame
            return
        if self._graph is None:
            self._graph = self._make()
        self._times.append(pts)
        self._graph.vpush(frame)
        yield from self._pull(self._graph)

    def finish(self) -> Timed:
        """Give the rest."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pull(self._graph)

    def _make(self) -> Graph:
        graph = Graph()
        graph.threads = 1
        which = "parity=auto:deint=interlaced" if self._parity is None else self._parity
        graph.link_nodes(
            graph.add_buffer(template=self._video),
            graph.add("bwdif", f"mode=send_frame:{which}"),
            graph.add("buffersink"),
        )
        graph.configure()
        return graph

    def _pull(self, graph: Graph) -> Timed:
        while True:
            try:
                frame = graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield self._times.popleft(), frame


def _parity_of_container(video: VideoStream) -> str | None:
    """Options of the filter for frames that do not tell of their fields themselves."""
    context = video.codec_context
    if context.name not in _SILENT:
        return None
    order = int(getattr(context, "field_order", 0))
    if order in _TOP_FIRST:
        return "parity=tff:deint=all"
    return "parity=bff:deint=all" if order in _BOTTOM_FIRST else None
