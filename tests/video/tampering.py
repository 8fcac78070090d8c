"""What somebody without the key can do to a protected clip, and clips to do it to."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from proface import video
from proface.faces.boxes import Box
from proface.files.authentication import scene_digest
from proface.files.manifest import canonical
from proface.files.slots_json import to_base64
from proface.video.reader import Frame, Reader
from proface.video.writer import Writer

TARGET = 3
"""The frame that most is done to: it has a face, also among key frames of every third."""
OTHER = 6
"""Another such frame."""
FACELESS = 4
"""A frame without faces."""


@dataclass
class Content:
    """A protected clip, taken apart."""

    header: dict
    frames: list[list]
    """Of each, its milliseconds and its pixels."""
    entries: list[list]
    """Of each, its milliseconds and its content."""
    end: dict | None


def load(path: Path) -> Content:
    """Take a protected clip apart."""
    beside = video.detached_path(path)
    with Reader(path) as reader:
        header, track = reader.streams.header, reader.streams.track
        frames, texts = [], []
        for item in reader:
            if isinstance(item, Frame):
                frames.append([item.pts, item.pixels])
            elif item.stream is track:
                texts.append(bytes(item).decode())
    if header is None:
        header, *texts = beside.read_text().splitlines()
    *entries, end = [json.loads(text) for text in texts]
    timed = [[time, entry] for (time, _), entry in zip(frames, entries, strict=True)]
    return Content(json.loads(header), frames, timed, end)


def save(content: Content, like: Path, out: Path) -> Path:
    """Put a clip together again, with the sound of the one that it was."""
    records = [entry for _, entry in content.entries] + ([content.end] if content.end else [])
    detached = video.detached_path(like).exists()
    if detached:
        lines = [content.header, *records]
        video.detached_path(out).write_text("".join(json.dumps(line) + "\n" for line in lines))
    header = None if detached else json.dumps(content.header)
    with Reader(like) as reader:
        carried = reader.carried()
        with Writer(out, reader.clip, carried, header=header) as writer:
            for item in reader:
                if not isinstance(item, Frame) and item.stream is not reader.streams.track:
                    writer.carry(item)
            events = [(time, 1, pixels) for time, pixels in content.frames]
            events += [] if detached else [(time, 0, entry) for time, entry in content.entries]
            for time, kind, what in sorted(events, key=lambda event: event[:2]):
                if kind:
                    writer.write(what, time)
                else:
                    writer._mux_text(writer._track, json.dumps(what).encode(), time, 1)
            if content.end is not None:
                writer.end(json.dumps(content.end))
    return out


Tampering = Callable[[Content, Content], None]
"""Takes a clip, and another one of the same frames that the same key protected."""
TAMPERINGS: dict[str, Tampering] = {}


def tampering(change: Tampering) -> Tampering:
    """Put a function into the list of all."""
    TAMPERINGS[change.__name__] = change
    return change


@tampering
def frame_dropped(clip: Content, other: Content) -> None:
    del clip.frames[TARGET]


@tampering
def frame_dropped_with_its_entry(clip: Content, other: Content) -> None:
    del clip.frames[TARGET], clip.entries[TARGET]


@tampering
def first_frame_dropped_with_its_entry(clip: Content, other: Content) -> None:
    del clip.frames[0], clip.entries[0]


@tampering
def frame_duplicated(clip: Content, other: Content) -> None:
    time, pixels = clip.frames[TARGET]
    clip.frames.insert(TARGET + 1, [time + 10, pixels])


@tampering
def last_frame_duplicated(clip: Content, other: Content) -> None:
    time, pixels = clip.frames[-1]
    clip.frames.append([time + 100, pixels])


@tampering
def frame_duplicated_with_its_entry(clip: Content, other: Content) -> None:
    frame_duplicated(clip, other)
    time, entry = clip.entries[TARGET]
    clip.entries.insert(TARGET + 1, [time + 10, entry])


@tampering
def two_frames_exchanged(clip: Content, other: Content) -> None:
    one, two = clip.frames[TARGET], clip.frames[OTHER]
    one[1], two[1] = two[1], one[1]


@tampering
def two_frames_exchanged_with_their_entries(clip: Content, other: Content) -> None:
    two_frames_exchanged(clip, other)
    one, two = clip.entries[TARGET], clip.entries[OTHER]
    one[1], two[1] = two[1], one[1]


@tampering
def two_frames_exchanged_but_for_the_times(clip: Content, other: Content) -> None:
    two_frames_exchanged_with_their_entries(clip, other)
    one, two = clip.entries[TARGET][1], clip.entries[OTHER][1]
    one["pts"], two["pts"] = two["pts"], one["pts"]
    one["n"], two["n"] = two["n"], one["n"]


@tampering
def faces_called_plain(clip: Content, other: Content) -> None:
    """A face that comes back is said to be only obfuscated."""
    entry = clip.entries[TARGET][1]
    entry["plain"] = [face[:4] for face in entry.pop("faces")]


@tampering
def faces_called_plain_in_a_scene_that_fits(clip: Content, other: Content) -> None:
    faces_called_plain(clip, other)
    scene = scene_digest(clip.frames[TARGET][1], [])
    clip.entries[TARGET][1]["scene"] = to_base64(bytes.fromhex(scene))


@tampering
def faces_removed_from_an_entry(clip: Content, other: Content) -> None:
    del clip.entries[TARGET][1]["faces"]


@tampering
def entry_deleted(clip: Content, other: Content) -> None:
    del clip.entries[TARGET]


@tampering
def many_entries_deleted(clip: Content, other: Content) -> None:
    del clip.entries[TARGET:OTHER]


@tampering
def entry_added(clip: Content, other: Content) -> None:
    time, entry = clip.entries[TARGET]
    clip.entries.insert(TARGET + 1, [time + 10, entry | {"pts": entry["pts"] + 10}])


@tampering
def entry_added_behind_the_end(clip: Content, other: Content) -> None:
    time, pixels = clip.frames[-1]
    number = clip.entries[-1][1]["n"] + 1
    scene = to_base64(bytes.fromhex(scene_digest(pixels, [])))
    pts = clip.entries[-1][1]["pts"] + 100
    clip.frames.append([time + 100, pixels])
    clip.entries.append([time + 100, {"n": number, "pts": pts, "scene": scene}])


@tampering
def end_removed(clip: Content, other: Content) -> None:
    clip.end = None


@tampering
def cut_at_the_end(clip: Content, other: Content) -> None:
    del clip.frames[-2:], clip.entries[-2:]
    clip.end = None


@tampering
def cut_before_the_end(clip: Content, other: Content) -> None:
    del clip.frames[-2:], clip.entries[-2:]


def sum_up(clip: Content) -> None:
    """Let the end fit the entries, as far as that takes no key."""
    whole = hashlib.sha256()
    for _, entry in clip.entries:
        whole.update(canonical(entry) + b"\n")
    clip.end = clip.end | {"end": len(clip.entries), "sha256": to_base64(whole.digest())}


@tampering
def cut_with_an_end_made_up(clip: Content, other: Content) -> None:
    del clip.frames[-2:], clip.entries[-2:]
    sum_up(clip)


@tampering
def scene_exchanged_around_the_face(clip: Content, other: Content) -> None:
    """Noise around a sealed face in some frames."""
    noise = np.random.default_rng(0).integers(0, 255, clip.frames[0][1].shape, np.uint8)
    for index in (TARGET, FACELESS, OTHER):
        changed = noise.copy()
        for face in clip.entries[index][1].get("faces", []):
            window = Box(*face[:4]).window
            changed[window] = clip.frames[index][1][window]
        clip.frames[index][1] = changed


def repainted(frame: list, row: int, column: int) -> None:
    frame[1] = frame[1].copy()
    frame[1][row, column] ^= 1


@tampering
def one_pixel_outside_faces(clip: Content, other: Content) -> None:
    repainted(clip.frames[TARGET], -1, -1)


@tampering
def one_pixel_of_a_frame_without_faces(clip: Content, other: Content) -> None:
    repainted(clip.frames[FACELESS], 20, 20)


@tampering
def one_pixel_outside_faces_and_its_digest(clip: Content, other: Content) -> None:
    one_pixel_outside_faces(clip, other)
    entry, pixels = clip.entries[TARGET][1], clip.frames[TARGET][1]
    boxes = [Box(*face[:4]) for face in entry["faces"]]
    entry["scene"] = to_base64(bytes.fromhex(scene_digest(pixels, boxes)))


@tampering
def one_pixel_of_a_face(clip: Content, other: Content) -> None:
    repainted(clip.frames[TARGET], 20, 20)


@tampering
def one_pixel_of_a_face_and_its_digest(clip: Content, other: Content) -> None:
    one_pixel_of_a_face(clip, other)
    face = clip.entries[TARGET][1]["faces"][0]
    window = clip.frames[TARGET][1][Box(*face[:4]).window]
    face[4] = to_base64(hashlib.sha256(window.tobytes()).digest())


@tampering
def entries_of_another_clip(clip: Content, other: Content) -> None:
    clip.entries, clip.end, clip.frames = other.entries, other.end, other.frames


@tampering
def one_frame_of_another_clip(clip: Content, other: Content) -> None:
    clip.entries[TARGET], clip.frames[TARGET] = other.entries[TARGET], other.frames[TARGET]


@tampering
def header_of_another_clip(clip: Content, other: Content) -> None:
    clip.header = other.header


@tampering
def header_says_another_time(clip: Content, other: Content) -> None:
    clip.header["picture"]["made"]["time"] = "2020-01-01T00:00:00Z"


@tampering
def slots_of_another_clip(clip: Content, other: Content) -> None:
    clip.header["slots"] = other.header["slots"]


@tampering
def frame_moved_in_time(clip: Content, other: Content) -> None:
    clip.frames[TARGET][0] += 30
    clip.entries[TARGET][0] += 30


@tampering
def entry_says_another_time(clip: Content, other: Content) -> None:
    clip.entries[FACELESS][1]["pts"] += 1


@tampering
def macs_removed(clip: Content, other: Content) -> None:
    for _, entry in clip.entries:
        del entry["mac"]
    del clip.end["mac"]


NOT_SIGNED = ("slots_of_another_clip", "macs_removed")
"""What a signature says nothing of: it takes a secret to notice it."""
