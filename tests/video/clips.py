"""Makes clips whose truth is known: where the face is in every frame, and every other byte."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

from proface.showcase.demo import SAMPLE
from tests.commandline import FACE_WINDOW

SAMPLE_RATE = 8000
CORE = (0.38, 0.26, 0.72, 0.74)
"""Left, top, right, bottom of the face proper, from brows to chin, in parts of the window."""


@dataclass(frozen=True)
class Truth:
    """What a frame shows."""

    pixels: np.ndarray
    """As drawn, before any codec."""
    core: tuple[int, int, int, int] | None
    """Left, top, right, bottom of the face; None where it is hidden."""


def draw(
    count: int,
    width: int = 160,
    height: int = 120,
    side: int = 96,
    hidden: tuple[int, int] = (12, 18),
    first: int = 4,
) -> list[Truth]:
    """A face that turns to the camera, moves, is hidden and turns to the camera again.

    As it turns, it is narrow at first: seen by people, and not yet by the detector.

    Args:
        count: frames.
        width: of a frame.
        height: of a frame.
        side: of the window that holds the face.
        hidden: from which frame to which one it is away.
        first: frame in which it appears.
    """
    with Image.open(SAMPLE) as sample:
        face = np.asarray(sample.crop(FACE_WINDOW).resize((side, side), Image.Resampling.LANCZOS))
    frames = []
    for index in range(count):
        frame = _background(index, width, height)
        visible = index >= first and not hidden[0] <= index < hidden[1]
        if visible:
            shown = index - (hidden[1] if index >= hidden[1] else first)
            frames.append(_with_face(frame, face, index, min(1.0, 0.25 + 0.25 * shown)))
        else:
            frames.append(Truth(frame, None))
    return frames


def _background(index: int, width: int, height: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin((columns + 5 * index) / a) + np.cos((rows - 3 * index) / b) for a, b in _WAVES]
    noise = np.random.default_rng(index).normal(0, 3, (height, width, 3))
    return np.clip(110 + 30 * np.dstack(waves) + noise, 0, 255).astype(np.uint8)


_WAVES = ((23, 31), (37, 19), (29, 41))


def _with_face(frame: np.ndarray, face: np.ndarray, index: int, squeeze: float) -> Truth:
    height, width = frame.shape[:2]
    side = face.shape[0]
    across = round(side * squeeze)
    middle = width / 2 + (width - side) * 0.4 * np.sin(index / 6)
    left, top = round(middle - across / 2), round((height - side) * (0.5 + 0.4 * np.cos(index / 9)))
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), 10 * np.sin(index / 5), 1)
    turned = cv2.warpAffine(face, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    rows, columns = np.mgrid[:side, :side] / (side - 1) * 2 - 1
    mask = np.clip((1 - rows**2 - columns**2) * 6, 0, 1)
    layer = cv2.resize(np.dstack([turned, mask * 255]).astype(np.uint8), (across, side))
    mask = layer[:, :, 3:] / 255
    place = np.s_[top : top + side, left : left + across]
    drawn = frame.copy()
    drawn[place] = np.round(mask * layer[:, :, :3] + (1 - mask) * frame[place])
    box = np.array([left, top] * 2) + np.round(np.array(CORE) * [across, side, across, side])
    return Truth(drawn, tuple(box.astype(int).tolist()))


def draw_two(count: int) -> list[np.ndarray]:
    """Two faces that come near one another, so that their regions meet, and part again."""
    side, width, height = 96, 240, 128
    with Image.open(SAMPLE) as sample:
        face = np.asarray(sample.crop(FACE_WINDOW).resize((side, side), Image.Resampling.LANCZOS))
    rows, columns = np.mgrid[:side, :side] / (side - 1) * 2 - 1
    mask = np.clip((1 - rows**2 - columns**2) * 6, 0, 1)[:, :, None]
    frames = []
    for index in range(count):
        frame = _background(index, width, height).astype(float)
        apart = round(22 + 30 * abs(1 - 2 * index / (count - 1)))
        for left, drawn in (
            (width // 2 - apart - side // 2, face),
            (width // 2 + apart - side // 2, face[:, ::-1]),
        ):
            place = np.s_[16 : 16 + side, left : left + side]
            frame[place] = mask * drawn + (1 - mask) * frame[place]
        frames.append(frame.astype(np.uint8))
    return frames


def write(
    path: Path,
    frames: list[np.ndarray],
    *,
    times: list[int] | None = None,
    time_base: Fraction = Fraction(1, 1000),
    rate: int = 10,
    codec: str = "libx264",
    tones: int = 1,
    audio: str = "pcm_s16le",
    subtitles: list[tuple[int, int, str]] | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip with a tone for each audio track, and subtitles."""
    options = {"crf": "12", "g": "10"} if codec == "libx264" else {}
    with av.open(str(path), "w") as out:
        out.metadata.update(metadata or {})
        video = out.add_stream(codec, rate=rate, options=options)
        video.codec_context.time_base = time_base
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = {"libx264": "yuv444p", "ffv1": "bgr0"}.get(codec, "yuv420p")
        if rotation or mirrored:
            video.set_display_rotation(rotation, hflip=mirrored)
        sounds = [out.add_stream(audio, rate=SAMPLE_RATE, layout="mono") for _ in range(tones)]
        for number, sound in enumerate(sounds):
            sound.metadata["language"] = ("eng", "deu")[number]
        kind = "mov_text" if path.suffix == ".mp4" else "subrip"
        texts = out.add_mux_stream(kind) if subtitles else None
        times = times or [round(i / rate / time_base) for i in range(len(frames))]
        for index, (pixels, time) in enumerate(zip(frames, times, strict=True)):
            picture = VideoFrame.from_ndarray(pixels, format="rgb24")
            if codec != "ffv1":
                picture = picture.reformat(format=video.pix_fmt, dst_colorspace="ITU601")
            picture.pts, picture.time_base = time, time_base
            out.mux(video.encode(picture))
            for number, sound in enumerate(sounds):
                out.mux(sound.encode(_tone(index, number, SAMPLE_RATE // rate)))
        for start, length, text in subtitles or []:
            data = text.encode()
            packet = av.Packet(len(data).to_bytes(2, "big") + data if kind == "mov_text" else data)
            packet.stream, packet.time_base = texts, Fraction(1, 1000)
            packet.pts = packet.dts = start
            packet.duration = length
            out.mux(packet)
        for stream in (video, *sounds):
            out.mux(stream.encode(None))
    return path


def _tone(index: int, number: int, size: int) -> AudioFrame:
    phase = (np.arange(size) + index * size) * 2 * np.pi * (440 + 110 * number) / SAMPLE_RATE
    wave = (np.sin(phase) * 8000).astype(np.int16)[None]
    frame = AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, index * size, Fraction(1, 8000)
    return frame


def decode(path: Path) -> list[tuple[Fraction, np.ndarray]]:
    """Each frame's time in seconds, and its pixels: uint8, H x W x 3, RGB."""
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]


def packets(path: Path, kind: str, index: int = 0) -> list[tuple[Fraction, bytes]]:
    """Each packet of a stream: its time in seconds, and its bytes."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[index]
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


@dataclass(frozen=True)
class Stream:
    """What a file says of a stream."""

    type: str
    language: str | None
    title: str | None
    disposition: int


def streams(path: Path) -> list[Stream]:
    """All streams of a file."""
    with av.open(str(path)) as container:
        return [
            Stream(
                each.type,
                each.metadata.get("language"),
                each.metadata.get("title"),
                int(each.disposition),
            )
            for each in container.streams
        ]


def attach(path: Path, out: Path, picture: np.ndarray) -> Path:
    """A copy of a Matroska clip with a cover picture."""
    encoded = cv2.imencode(".png", picture)[1].tobytes()
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        copies = {each.index: target.add_stream_from_template(each) for each in source.streams}
        target.add_attachment("cover.png", "image/png", encoded)
        target.metadata.update(source.metadata)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return out


def write_sound(path: Path) -> Path:
    """Write a file with a tone and no video."""
    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for index in range(5):
            out.mux(sound.encode(_tone(index, 0, 800)))
        out.mux(sound.encode(None))
    return path
