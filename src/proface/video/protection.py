"""One clip, protected: the page that shows how the parts of `proface.video` fit together.

read -> find and follow faces -> each frame: `FrameProtection` -> chain -> write it and its entry
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from av.packet import Packet

from ..errors import NoFaceError, OutputError
from ..files.atomic import NewFiles, settle
from ..files.manifest import ID_BYTES, Made, Manifest
from ..files.output import check_outputs as check_files
from ..files.output import refuse_folder
from ..keys import Access, Key, SigningKey, Slot
from ..picture.options import ProtectOptions
from ..picture.pixels import POOR, better
from ..picture.regions import Region
from ..timing import Stopwatch, each, shares, stage
from .animations import AnimationReader, open_clip
from .box_file import BoxesFile, GivenBoxes
from .chain import Chain
from .frames import FrameProtection
from .manifest import ClipManifest, detached_path, stand_in
from .options import ClipOptions, FrameProgress, check_carrier
from .reader import Frame, Reader
from .regions import Finder, FollowedFaces, GivenFaces
from .streams import Clip
from .writer import Writer, check_name


@dataclass(frozen=True)
class ProtectedClip:
    """What was done."""

    manifest: ClipManifest
    """The header of the manifest."""
    frames: int
    """In the protected clip."""
    with_faces: int
    """Frames in which a face was protected."""
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


def check_outputs(
    source: Path, out: Path, options: ClipOptions, faces: str | Path = "auto"
) -> None:
    """Refuse files that could not be written in the end, before any slow work.

    Args:
        source: the clip; never replaced.
        out: the protected clip.
        options: say what is written beside it.
        faces: as for `protect`; a file of boxes is never replaced, either.

    Raises:
        OutputError: a name is unsuitable, exists, is an input, or its folder cannot be written; or
            two names lead to one file.
    """
    refuse_folder(out)
    check_name(out)
    paths = [out]
    if options.manifest == "detached":
        paths.append(detached_path(out))
    if options.boxes_out is not None:
        paths.append(options.boxes_out)
    inputs = [source] if faces in ("auto", "whole") else [source, Path(faces)]
    check_files(paths, options.overwrite, inputs)


def protect(  # noqa: PLR0913 - public, by keywords
    source: Path,
    out: Path,
    access: str | Key | Access,
    options: ProtectOptions | None = None,
    clip: ClipOptions | None = None,
    *,
    faces: str | Path = "auto",
    progress: FrameProgress | None = None,
) -> ProtectedClip:
    """Protect the faces of a clip, reversibly; memory does not grow with its length.

    Args:
        source: a file of any usual container and codec.
        out: .mkv; written as a whole or not at all.
        access: who may open it: a password, a `Key`, or an `Access` with recipients, which may
            have a key that signs, too. Every clip gets a random key of its own.
        options: how faces are protected; None for the defaults.
        clip: what is more to say of a clip; None for the defaults.
        faces: ``auto`` detects and follows them, ``whole`` takes every frame for one face; or a
            file of boxes, see `box_file`.
        progress: called after each frame.

    Returns:
        What was done. Pixels outside the faces are the decoded source's, bit for bit.

    Raises:
        NoFaceError: no frame has a face; nothing is written.
        VideoError: the source cannot be read, holds no video, or its size changes.
        OutputError: ``out`` is not .mkv, exists, or cannot be written.
        ProfaceError: its other subclasses, for bad options, boxes, names or passwords.
    """
    options, clip = options or ProtectOptions(), clip or ClipOptions()
    check_carrier(options.keeping.carrier)
    check_outputs(source, out, clip, faces)
    profile = options.keeping.make_profile()
    landmarks = options.look.make_obfuscator().uses_landmarks
    given = None if faces in ("auto", "whole") else GivenBoxes(Path(faces))
    start = perf_counter()
    with Stopwatch() as watch, _disk_errors(out), ExitStack() as stack:
        reader = open_clip(source, clip.start, clip.end, clip.tone_map)
        stack.enter_context(reader)
        access = Access.of(access)
        key, slots = access.new_picture(profile.facts.secret)
        manifest = _header(options, clip, reader.clip, slots)
        if profile.facts.secret:
            manifest = manifest.tagged(key)
        frames = FrameProtection(options.look, profile, key, manifest)
        work = _ClipProtection(frames, Chain(manifest, key), manifest, clip)
        if faces == "auto":
            finder: Finder = FollowedFaces(options.detection, reader.clip, clip.detect_every)
        else:
            finder = GivenFaces(options.detection, given, landmarks)
        work.open(stack, out, reader)
        work.run(reader, finder, progress)
        work.close(access.signing_key if profile.facts.secret else None)
    seconds = perf_counter() - start
    return ProtectedClip(
        manifest,
        work.frames,
        work.with_faces,
        work.faces,
        work.plain,
        profile.provider,
        seconds,
        shares(watch.seconds, seconds),
        (*reader.notes, *work.writer.notes, *profile.notes, *_notes(options, clip, work)),
    )


class _ClipProtection:
    """The loop over the frames, and what it counts."""

    def __init__(
        self,
        frames: FrameProtection,
        chain: Chain,
        manifest: ClipManifest,
        options: ClipOptions,
    ) -> None:
        self._frames, self._chain = frames, chain
        self._manifest, self._options = manifest, options
        self.frames = self.with_faces = self.faces = self.plain = self.poor = 0
        self.first_poor = Fraction(0)
        self._lines: BinaryIO | None = None
        self._boxes: BoxesFile | None = None

    def open(self, stack: ExitStack, out: Path, reader: Reader | AnimationReader) -> None:
        """Begin all files; they appear together when the stack is left without an error."""
        files = stack.enter_context(NewFiles(self._options.overwrite))
        header = self._manifest.to_json()
        detached = self._options.manifest == "detached"
        if detached:
            self._lines = files.begin(detached_path(out))
            self._lines.write(header.encode() + b"\n")
        if self._options.boxes_out is not None:
            self._boxes = BoxesFile(files.begin(self._options.boxes_out))
        self.writer = stack.enter_context(
            Writer(
                out,
                reader.clip,
                reader.carried(not self._options.no_audio),
                self._options.codec,
                None if detached else header,
                files,
            )
        )

    def run(
        self, reader: Reader | AnimationReader, finder: Finder, progress: FrameProgress | None
    ) -> None:
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

    def close(self, signing_key: SigningKey | None) -> None:
        """Write what stands after the last frame, and see that all files are on the disk."""
        end = self._chain.end(signing_key).to_json()
        if self._boxes is not None:
            self._boxes.close()
        if self._lines is not None:
            self._lines.write(end.encode() + b"\n")
            settle(self._lines)
        self.writer.end(end)
        self.writer.finish()

    def _one(self, frame: Frame, regions: list[Region]) -> None:
        if frame.number % self._options.key_frames:
            pixels, draft = self._frames.obfuscate(frame, regions)
            poor = 0
        else:
            pixels, draft, poor = self._frames.protect(frame, regions)
        entry = self._chain.add(draft)
        if poor and not self.poor:
            self.first_poor = frame.time
        self.poor += poor
        self.frames += 1
        self.with_faces += bool(regions)
        self.faces += len(entry.faces)
        self.plain += len(entry.plain)
        with stage("encode"):
            text = entry.to_json()
            self.writer.write(pixels, self._manifest.milliseconds(frame.pts), text)
            if self._lines is not None:
                self._lines.write(text.encode() + b"\n")
            if self._boxes is not None:
                boxes = [region.box for region in regions]
                self._boxes.add(frame.number, float(frame.time), boxes)


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    """What goes wrong with the files beside the clip, as an error that a caller can act on."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {out} and what belongs to it: {error}") from error


def _header(
    options: ProtectOptions, wanted: ClipOptions, clip: Clip, slots: tuple[Slot, ...]
) -> ClipManifest:
    faces = stand_in(clip.width, clip.height)
    picture = Manifest(
        profile=options.keeping.profile,
        width=clip.width,
        height=clip.height,
        obfuscator=options.look.obfuscator,
        strength=options.look.strength,
        made=Made.now(),
        picture_id=secrets.token_bytes(ID_BYTES),
        scene=faces[0].sha256,
        faces=faces,
        slots=slots,
    )
    return ClipManifest(picture, clip.time_base, clip.origin, wanted.key_frames)


def _notes(options: ProtectOptions, wanted: ClipOptions, work: _ClipProtection) -> Iterator[str]:
    if wanted.key_frames > 1:
        yield (
            f"faces come back in every {wanted.key_frames}th frame only; in {work.plain} places "
            "of other frames they are obfuscated for good"
        )
    if work.poor:
        keeping = options.keeping
        advice = better(options.look.obfuscator, keeping.profile, keeping.bits or 1, beside=False)
        yield (
            f"in {work.poor} places, the first at {float(work.first_poor):.3f} s, faces will come "
            f"back at less than {POOR:.0f} dB, with errors that may be seen; {advice}"
        )
