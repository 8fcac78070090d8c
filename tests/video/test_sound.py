"""Sound of every kind: copied, converted without loss, or dropped with a note; never a refusal."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from proface import Key, video
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions
from proface.video import ClipOptions
from proface.video.plain_copy import copy
from tests.commandline import check_done, check_refused, run, write_face
from tests.video import clips

KEY = Key.from_bytes(bytes(range(32)))
QUICK = ProtectOptions(LookOptions("pixelate"), keeping=KeepingOptions("sealed"))
PASSWORD = "correct horse battery staple"
CODECS = [
    ("pcm_mulaw", ".mov", "flac"),
    ("pcm_alaw", ".mov", "flac"),
    ("adpcm_ima_qt", ".mov", "flac"),
    ("adpcm_ms", ".avi", "flac"),
    ("adpcm_ima_wav", ".avi", "flac"),
    ("pcm_s8", ".mov", "flac"),
    ("pcm_f32be", ".mov", "pcm_f32le"),
    ("pcm_f64be", ".mov", "pcm_f64le"),
    ("wmav2", ".avi", "flac"),
    ("wmav1", ".wmv", "flac"),
    ("nellymoser", ".flv", "flac"),
]
EXACT = ("pcm", "adpcm")


def frames(count: int = 10) -> list[np.ndarray]:
    return [each.pixels for each in clips.draw(count, 64, 48, 40, (count, count), 0)]


def protect(clip: Path, **options: object) -> tuple[Path, video.ProtectedClip]:
    out = clip.with_name("out.mkv")
    return out, video.protect(clip, out, KEY, QUICK, ClipOptions(**options), faces="whole")


def sound(path: Path, index: int = 0) -> tuple[str, Fraction, np.ndarray]:
    """A track's codec, the time it begins, and its samples as 64-bit numbers in [-1, 1]."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[index]
        resampler = av.AudioResampler("dblp")
        decoded = list(container.decode(stream))
        parts = [each.to_ndarray() for one in decoded for each in resampler.resample(one)]
        name = stream.codec_context.name
    first = decoded[0]
    return name, first.pts * first.time_base, np.concatenate(parts, axis=1)


def as_unknown(path: Path, tag: bytes, which: int) -> Path:
    """Give one of a file's sound tracks a code that nobody knows."""
    data = bytearray(path.read_bytes())
    places = [at for at in range(len(data)) if data[at : at + 4] == tag]
    data[places[which] : places[which] + 4] = b"zzzz"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("codec", "suffix", "becomes"), CODECS)
def test_what_cannot_be_copied_is_converted_sample_for_sample(
    codec: str, suffix: str, becomes: str, tmp_path: Path
) -> None:
    video_codec = "flv" if suffix == ".flv" else "mpeg4"
    if codec.startswith("wma"):  # has no rate of 8 kHz at the usual number of bits
        clip = _with_rate(tmp_path / f"a{suffix}", codec, 44100)
    else:
        clip = clips.write(tmp_path / f"a{suffix}", frames(), codec=video_codec, audio=codec)
    out, done = protect(clip)
    name, start, samples = sound(out)
    _, before, truth = sound(clip)
    assert name == becomes
    assert any(f"of codec {codec} was converted" in note for note in done.notes), done.notes
    assert abs(start - max(before, Fraction(0))) <= Fraction(1, 100)
    count = min(samples.shape[1], truth.shape[1])
    assert count >= 0.95 * truth.shape[1]
    tolerance = 0 if codec.startswith(EXACT) else 2**-23
    assert np.abs(samples[:, :count] - truth[:, :count]).max() <= tolerance


@pytest.mark.parametrize("codec", ["pcm_s16be", "pcm_s24le", "alac", "aac", "ac3", "mp2"])
def test_what_matroska_holds_is_copied_byte_for_byte(codec: str, tmp_path: Path) -> None:
    suffix = ".mov" if codec in ("pcm_s16be", "pcm_s24le", "alac", "aac") else ".mkv"
    clip = _with_rate(tmp_path / f"a{suffix}", codec, 32000)
    out, done = protect(clip)
    assert [data for _, data in clips.packets(out, "audio")] == [
        data for _, data in clips.packets(clip, "audio")
    ]
    assert not any("sound" in note for note in done.notes)


def _with_rate(path: Path, codec: str, rate: int, hole: tuple[int, int] = (0, 0)) -> Path:
    """A clip of one second with a tone at any sample rate, and none between two tenths."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        track = out.add_stream(codec, rate=rate, layout="mono")
        track.bit_rate = 64000
        size = rate // 10
        for index, pixels in enumerate(frames()):
            picture = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, 10)
            out.mux(pictures.encode(picture))
            if hole[0] <= index < hole[1]:
                continue
            wave = np.sin((np.arange(size) + index * size) * 0.1) * 8000
            tone = AudioFrame.from_ndarray(wave.astype(np.int16)[None], "s16", "mono")
            tone.sample_rate, tone.pts = rate, index * size
            tone.time_base = Fraction(1, rate)
            out.mux(track.encode(tone))
        for stream in (pictures, track):
            out.mux(stream.encode(None))
    return path


def test_a_track_of_an_unknown_codec_is_dropped_and_the_other_is_kept(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mov", frames(), tones=2, audio="pcm_s16le")
    tracks = [data for _, data in clips.packets(clip, "audio", 0)]
    as_unknown(clip, b"sowt", 1)
    out, done = protect(clip)
    kept = [each for each in clips.streams(out) if each.type == "audio"]
    assert [each.language for each in kept] == ["eng"]
    assert b"".join(data for _, data in clips.packets(out, "audio")) == b"".join(tracks)
    assert any("was dropped" in note and "unknown" in note for note in done.notes), done.notes


def test_a_clip_whose_only_track_is_unknown_is_protected_in_silence(tmp_path: Path) -> None:
    clip = as_unknown(clips.write(tmp_path / "a.mov", frames(), audio="pcm_s16le"), b"sowt", 0)
    out, done = protect(clip)
    assert done.frames == 10
    assert "audio" not in [each.type for each in clips.streams(out)]


def test_converted_sound_keeps_its_language_and_comes_back(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mov", frames(), tones=2, audio="pcm_mulaw")
    out, _ = protect(clip)
    back = tmp_path / "back.mkv"
    video.recover(out, back, KEY)
    for each in (out, back):
        kept = [stream.language for stream in clips.streams(each) if stream.type == "audio"]
        assert kept == ["eng", None]  # QuickTime keeps "deu" under another name
    for track in (0, 1):
        assert np.array_equal(sound(back, track)[2], sound(clip, track)[2])


def test_a_hole_in_converted_sound_stays_a_hole(tmp_path: Path) -> None:
    clip = _with_rate(tmp_path / "a.nut", "pcm_mulaw", 8000, hole=(3, 7))
    out, _ = protect(clip)
    with av.open(str(out)) as container:
        decoded = list(container.decode(audio=0))
    last = decoded[-1]
    end = last.pts * last.time_base + Fraction(last.samples, last.sample_rate)
    assert abs(end - 1) <= Fraction(1, 20)


def test_converted_sound_begins_with_the_part_that_was_asked_for(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mov", frames(), audio="pcm_alaw")
    out, _ = protect(clip, start=Fraction(1, 2))
    _, start, samples = sound(out)
    assert 0 <= start < Fraction(1, 5)
    assert abs(float(start) + samples.shape[1] / clips.SAMPLE_RATE - 0.5) < 0.01


@pytest.mark.parametrize("audio", ["pcm_s16le", "pcm_mulaw"])
def test_sound_can_be_left_out(audio: str, tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mov", frames(), audio=audio)
    out, done = protect(clip, no_audio=True)
    assert {each.type for each in clips.streams(out)} == {"video", "subtitle", "attachment"}
    assert not any("sound" in note for note in done.notes)
    silent = tmp_path / "copied.mkv"
    copy(clip, silent, no_audio=True)
    assert {each.type for each in clips.streams(silent)} == {"video"}


def test_sound_can_be_left_out_on_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    clip = clips.write(folder / "a.mov", frames(4), audio="pcm_alaw")
    common = ("--no-audio", "--obfuscator", "pixelate", "--faces", "whole", "--json")
    out = tmp_path / "one.mkv"
    said = check_done(run("protect", clip, "-o", out, *common, password=PASSWORD))
    assert json.loads(said)["frames"] == 4
    check_done(run("protect", folder, "-o", tmp_path / "all", *common, password=PASSWORD))
    for each in (out, tmp_path / "all" / "a.mkv"):
        assert not has_sound(each)


def has_sound(path: Path) -> bool:
    return "audio" in [stream.type for stream in clips.streams(path)]


@pytest.mark.parametrize("audio", ["pcm_s16le", "pcm_mulaw"])
def test_recovery_can_leave_sound_out(audio: str, tmp_path: Path) -> None:
    out, _ = protect(clips.write(tmp_path / "a.mov", frames(), audio=audio))
    back = tmp_path / "back.mkv"
    done = video.recover(out, back, KEY, no_audio=True)
    assert has_sound(out)
    assert {each.type for each in clips.streams(back)} == {"video"}
    assert (done.frames, done.faces) == (10, 10)


def test_recovery_can_leave_sound_out_on_the_command_line(tmp_path: Path) -> None:
    folder, protected = tmp_path / "in", tmp_path / "protected"
    folder.mkdir()
    for name in ("a.mov", "b.mov"):
        clips.write(folder / name, frames(4), audio="pcm_s16le")
    common = ("--obfuscator", "pixelate", "--faces", "whole", "--json")
    check_done(run("protect", folder, "-o", protected, *common, password=PASSWORD))
    copied = protected / "b.mkv"
    copied.unlink()
    copy(folder / "b.mov", copied)  # without a manifest
    assert has_sound(protected / "a.mkv")
    assert has_sound(copied)
    one, all_ = tmp_path / "one.mkv", tmp_path / "all"
    silent = ("--no-audio", "--json")
    check_done(run("recover", protected / "a.mkv", "-o", one, *silent, password=PASSWORD))
    silent += ("--unprotected", "copy")
    check_done(run("recover", protected, "-o", all_, *silent, password=PASSWORD))
    for each in (one, all_ / "a.mkv", all_ / "b.mkv"):
        assert len(clips.packets(each, "video")) == 4
        assert not has_sound(each)


def test_a_recovered_picture_has_no_sound_to_leave_out(tmp_path: Path) -> None:
    photo = write_face(tmp_path / "a.png")
    done = run("recover", photo, "-o", tmp_path / "b.png", "--no-audio", password=PASSWORD)
    check_refused(done, "--no-audio is for videos only", code=2)
