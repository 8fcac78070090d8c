"""One clip, protected: the page that shows how the parts of `proface.video` fit together.

read -> find and follow faces -> for each frame: `Job.protect` -> write the frame and its entry
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from av.packet import Packet

from ..arrays import Picture
from ..errors import NoFaceError, OutputError
from ..faces.boxes import Box
from ..files.atomic import replacing, settle
from ..files.manifest import FaceEntry, Manifest
from ..files.output import check_output
from ..keys import SALT_BYTES, Key, key_from
from ..picture.options import Hiding
from ..picture.pixels import POOR, Job
from ..picture.regions import Region, numbered
from ..timing import Stopwatch, each, shares, stage
from .box_file import BoxesFile, GivenBoxes
from .manifest import Entry, Record, detached_path
from .options import ClipOptions, FrameProgress, check_hiding
from .reader import Frame, Reader
from .regions import Finder, FollowedFaces, GivenFaces
from .streams import Clip
from .writer import Writer, check_name


@dataclass(frozen=True)
class ProtectedClip:
    """What was done."""

    record: Record
    """The header of the manifest."""
    frames: int
    """In the protected clip."""
    with_faces: int
    """Frames in which something was hidden."""
    faces: int
    """Regions that come back, over all frames."""
    plain: int
    """Regions that are only obfuscated, over all frames."""
    provider: str
    """What ran the network."""
    seconds: float
    """That it took."""
    shares: dict[str, float]
    """Of each stage in that time, 0 to 1; see `proface.timing.Stage`."""
    notes: tuple[str, ...]
    """Sentences that the user should read."""


def check_outputs(source: Path, out: Path, options: ClipOptions) -> None:
    """Refuse files that could not be written in the end, before any slow work.

    Raises:
        OutputError: a name is unsuitable, exists, is the input, or its folder cannot be written.
    """
    check_name(out)
    paths = [out]
    if options.manifest == "detached":
        paths.append(detached_path(out))
    if options.boxes_out is not None:
        paths.append(options.boxes_out)
    for path in paths:
        check_output(path, options.overwrite, [source])


def protect(
    source: Path,
    out: Path,
    password: str | Key,
    hiding: Hiding | None = None,
    options: ClipOptions | None = None,
    faces: str | Path = "auto",
    progress: FrameProgress | None = None,
) -> ProtectedClip:
    """Hide the faces of a clip, reversibly; memory does not grow with its length.

    Args:
        source: a file of any usual container and codec.
        out: .mkv; written as a whole or not at all.
        password: or a `Key`; either way every clip and every frame has keys of its own.
        hiding: how faces are hidden; None for the defaults.
        options: of the clip; None for the defaults.
        faces: ``auto`` detects and follows them, ``whole`` takes every frame for one face; or a
            file of boxes, see `boxes`.
        progress: called after each frame.

    Returns:
        What was done. Pixels outside the faces are the decoded source's, bit for bit.

    Raises:
        NoFaceError: no frame has a face; nothing is written.
        VideoError: the source cannot be read, holds no video, or its size changes.
        OutputError: ``out`` is not .mkv, exists, or cannot be written.
        ProfaceError: its other subclasses, for bad options, boxes, names or passwords.
    """
    hiding, options = hiding or Hiding(), options or ClipOptions()
    check_hiding(hiding)
    check_outputs(source, out, options)
    algorithm = password.derivation.algorithm if isinstance(password, Key) else ""
    method, cover = hiding.method(algorithm), hiding.cover()
    given = None if faces in ("auto", "whole") else GivenBoxes(Path(faces))
    start = perf_counter()
    with Stopwatch() as watch, _disk_errors(out), ExitStack() as stack:
        reader = stack.enter_context(Reader(source, options.start, options.end))
        key = key_from(password)
        record = _record(hiding, options, reader.clip, key)
        work = _ClipProtection(Job(hiding, cover, method, record.clip_key(key)), record, options)
        if faces == "auto":
            finder: Finder = FollowedFaces(hiding, reader.clip, options.detect_every)
        else:
            finder = GivenFaces(hiding, given, cover.uses_landmarks)
        work.open(stack, out, reader)
        work.run(reader, finder, progress)
    seconds = perf_counter() - start
    return ProtectedClip(
        record,
        work.frames,
        work.with_faces,
        work.faces,
        work.plain,
        method.provider,
        seconds,
        shares(watch.seconds, seconds),
        (*reader.notes, *work.writer.notes, *method.notes, *_notes(options, work)),
    )


class _ClipProtection:
    """The loop over the frames, and what it counts."""

    def __init__(self, job: Job, record: Record, options: ClipOptions) -> None:
        self._job, self._record, self._options = job, record, options
        self.frames = self.with_faces = self.faces = self.plain = self.poor = 0
        self.first_poor = Fraction(0)
        self._lines: BinaryIO | None = None
        self._boxes: BoxesFile | None = None

    def open(self, stack: ExitStack, out: Path, reader: Reader) -> None:
        """Begin all files; they appear when the stack is left without an error, the clip first.

        Where that cannot be replaced, the manifest that belongs to it is not, either.
        """
        header = self._record.to_json()
        detached = self._options.manifest == "detached"
        if detached:
            self._lines = stack.enter_context(replacing(detached_path(out)))
            self._lines.write(header.encode() + b"\n")
        if self._options.boxes_out is not None:
            self._boxes = BoxesFile(stack.enter_context(replacing(self._options.boxes_out)))
        self.writer = stack.enter_context(
            Writer(
                out,
                reader.clip,
                reader.streams.carried,
                self._options.codec,
                None if detached else header,
            )
        )

    def run(self, reader: Reader, finder: Finder, progress: FrameProgress | None) -> None:
        """Every frame.

        Raises:
            NoFaceError: none has a face.
        """
        total = reader.clip.frames
        for item in each("decode", reader):
            if isinstance(item, Packet):
                with stage("encode"):
                    self.writer.carry(item)
                continue
            for frame, regions in finder.push(item):
                self._one(frame, regions)
                if progress:
                    progress(self.frames, total)
        for frame, regions in finder.finish():
            self._one(frame, regions)
            if progress:
                progress(self.frames, total)
        if not self.with_faces:
            raise NoFaceError(
                "no face was found in any frame; try a lower threshold, or give boxes or 'whole'. "
                "Nothing was protected"
            )
        if self._boxes is not None:
            self._boxes.close()
        if self._lines is not None:
            settle(self._lines)
        self.writer.finish()

    def _one(self, frame: Frame, regions: list[Region]) -> None:
        if frame.number % self._options.key_frames:
            pixels, entry = self._obfuscate(frame, regions)
        else:
            pixels, entry = self._protect(frame, regions)
        self.frames += 1
        self.with_faces += bool(regions)
        self.faces += len(entry.faces)
        self.plain += len(entry.plain)
        with stage("encode"):
            text = entry.to_json()
            self.writer.write(pixels, self._record.milliseconds(frame.pts), text)
            if self._lines is not None:
                self._lines.write(text.encode() + b"\n")
            if self._boxes is not None:
                boxes = [region.box for region in regions]
                self._boxes.add(frame.number, float(frame.time), boxes)

    def _protect(self, frame: Frame, regions: list[Region]) -> tuple[Picture, Entry]:
        if not regions:
            return frame.pixels, Entry(frame.number, frame.pts)
        draft = self._record.frame([region.box for region in regions])

        def associated(index: int) -> bytes:
            return self._record.associated(draft, frame.number, frame.pts, index)

        job = replace(self._job, key=self._job.key.for_frame(frame.number))
        done = job.protect(frame.pixels, regions, associated)
        if done.notes and not self.poor:
            self.first_poor = frame.time
        self.poor += len(done.notes)
        return done.pixels, Entry(frame.number, frame.pts, done.faces)

    def _obfuscate(self, frame: Frame, regions: list[Region]) -> tuple[Picture, Entry]:
        pixels = frame.pixels.copy()
        boxes: list[Box] = []
        for number, region in numbered(regions):
            pixels[region.box.window] = self._job.obfuscate(frame.pixels, region, number)
            boxes.append(region.box)
        return pixels, Entry(frame.number, frame.pts, plain=tuple(boxes))


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    """What goes wrong with the files beside the clip, as an error that a caller can act on."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {out} and what belongs to it: {error}") from error


def _record(hiding: Hiding, options: ClipOptions, clip: Clip, key: Key) -> Record:
    stand_in = FaceEntry(Box(0, 0, clip.width, clip.height), "0" * 64)
    picture = Manifest(
        profile=hiding.profile,
        width=clip.width,
        height=clip.height,
        obfuscator=hiding.obfuscator,
        strength=hiding.strength,
        derivation=key.derivation,
        salt=key.salt,
        picture_salt=secrets.token_bytes(SALT_BYTES),
        faces=(stand_in,),
    )
    return Record(picture, clip.time_base, clip.origin, options.key_frames)


def _notes(options: ClipOptions, work: _ClipProtection) -> Iterator[str]:
    if options.key_frames > 1:
        yield (
            f"faces come back in every {options.key_frames}th frame only; in {work.plain} places "
            "of other frames they are obfuscated for good"
        )
    if work.poor:
        yield (
            f"in {work.poor} places, the first at {float(work.first_poor):.3f} s, faces will come "
            f"back at less than {POOR:.0f} dB, with errors that may be seen; a calmer obfuscator "
            "such as gaussian, or the profile 'sealed', keeps them better"
        )
