"""One protected clip, recovered.

read -> match each frame with its entry -> `recover_regions` -> write the frame
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from av.packet import Packet

from ..arrays import Picture
from ..errors import DamagedPictureError, ManifestError
from ..files.atomic import NewFiles
from ..files.manifest import Manifest
from ..files.output import check_output, refuse_folder
from ..keys import Key, Keyring
from ..picture.inspection import digest
from ..picture.pixels import Keeper, recover_regions
from ..picture.protection import key_for
from ..profile.base import Profile, WrongRecovery
from ..profile.choice import for_recovery
from ..timing import Stopwatch, each, shares, stage
from .manifest import ClipManifest, FrameEntry
from .matching import Matched, matched, read_manifest
from .options import FrameProgress
from .reader import Frame, Reader
from .writer import VideoCodec, Writer, check_name


@dataclass(frozen=True)
class RecoveredClip:
    """What was done."""

    manifest: ClipManifest
    """The header of the manifest."""
    frames: int
    """In the recovered clip."""
    left_out: int
    """Frames between key frames, whose faces cannot come back."""
    faces: int
    """Regions that came back, over all frames."""
    provider: str
    """What ran the network."""
    seconds: float
    """That it took."""
    shares: dict[str, float]
    """Of each stage in that time, 0 to 1; see `proface.timing.Stage`."""
    notes: tuple[str, ...]
    """Sentences that the user should read."""


def recover(  # noqa: PLR0913 - public, by keywords
    source: Path,
    out: Path,
    password: str | Key | Keyring,
    *,
    manifest: Path | None = None,
    accept_damage: bool = False,
    wrong_recovery: WrongRecovery | None = None,
    providers: tuple[str, ...] | None = None,
    codec: VideoCodec = "ffv1",
    no_audio: bool = False,
    overwrite: bool = False,
    progress: FrameProgress | None = None,
) -> RecoveredClip:
    """Give a protected clip its faces back; memory does not grow with its length.

    Of a clip with key frames, the frames between them are left out whose faces cannot come back, so
    that each key frame stays on the screen until the next one.

    Args:
        source: the protected clip.
        out: .mkv; written as a whole or not at all, for its owner alone to read (mode 0600).
        password: or the `Key` that protected the clip; or a `Keyring`, for many clips.
        manifest: its file; None for the one in the clip, or beside it.
        accept_damage: whether to recover what is left of a clip that was changed since; faces that
            do not open stay as they are, with a note.
        wrong_recovery: as for `proface.recover`.
        providers: as for `proface.recover`.
        codec: of the result.
        no_audio: whether sound is left out.
        overwrite: whether an existing file may be replaced.
        progress: called after each frame.

    Raises:
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: frames were changed, moved in time or added; with ``sealed``, wrong
            password or damaged clip.
        VideoError: the clip cannot be read.
        OutputError: ``out`` is not .mkv, exists, or cannot be written.
        ProfaceError: its other subclasses, as for `proface.recover`.
    """
    refuse_folder(out)
    check_name(out)
    check_output(out, overwrite, [source] if manifest is None else [source, manifest])
    start = perf_counter()
    with Stopwatch() as watch, ExitStack() as stack:
        reader = stack.enter_context(Reader(source))
        found, lines = read_manifest(source, reader, manifest, stack)
        if (found.picture.width, found.picture.height) != (reader.clip.width, reader.clip.height):
            raise DamagedPictureError(
                f"the clip was resized: it has {reader.clip.width} x {reader.clip.height} pixels, "
                f"and {found.picture.width} x {found.picture.height} were protected"
            )
        profile = for_recovery(found.picture, wrong_recovery, providers)
        key = found.clip_key(key_for(password, found.picture))
        rate = reader.clip.rate
        if rate is not None:  # FFmpeg's fractions have 32 bits
            rate = (rate / found.key_frames).limit_denominator(100_000)
        clip = replace(reader.clip, rate=rate)
        work = _ClipRecovery(found, profile, key, accept_damage)
        files = NewFiles(overwrite, private=True)
        carried = reader.carried(not no_audio)
        writer = stack.enter_context(Writer(out, clip, carried, codec, files=files))
        total = reader.clip.frames
        for item in each("decode", matched(reader, found, lines)):
            if isinstance(item, Packet):
                with stage("encode"):
                    writer.carry(item)
                continue
            pixels = work.one(item)
            if pixels is not None:
                with stage("encode"):
                    writer.write(pixels, item.milliseconds)
            if progress:
                progress(work.frames + work.left_out, total)
        work.check_any()
    seconds = perf_counter() - start
    notes = (*reader.notes, *writer.notes, *work.notes())
    return RecoveredClip(
        found,
        work.frames,
        work.left_out,
        work.faces,
        profile.provider,
        seconds,
        shares(watch.seconds, seconds),
        notes,
    )


class _ClipRecovery:
    """One frame after the other, and what is counted."""

    def __init__(
        self, manifest: ClipManifest, profile: Profile, key: Key, accept_damage: bool
    ) -> None:
        self._manifest, self._profile, self._key = manifest, profile, key
        self._accept_damage = accept_damage
        self.frames = self.left_out = self.faces = 0
        self._without_entry = self._moved = self._changed = self._closed = 0
        self._first_failure: DamagedPictureError | None = None
        self._last_number = -1
        self._missing = self._beyond = 0

    def one(self, item: Matched) -> Picture | None:
        """The frame with its faces back; None for one that is left out.

        Raises:
            DamagedPictureError: it was changed, moved or added, and damage is not accepted.
            ManifestError: its entry is bad.
        """
        entry, frame = item.entry, item.frame
        at = f"at {float(frame.time):.3f} s"
        if item.beyond:
            self._beyond += 1
            return None
        if entry is None:
            self._without_entry += 1
            self._refuse(f"the frame {at} has no entry in the manifest: it was added or moved")
            self.frames += 1
            return frame.pixels
        if item.moved or entry.number <= self._last_number:
            self._moved += 1
            self._refuse(f"the frame {at} was moved in time after the clip was protected")
        self._missing += max(0, entry.number - self._last_number - 1)
        self._last_number = max(self._last_number, entry.number)
        if entry.plain:
            self.left_out += 1
            return None
        self.frames += 1
        if not entry.faces:
            return frame.pixels
        try:
            found = self._manifest.frame(entry.faces)
        except ManifestError as error:
            raise ManifestError(f"frame {entry.number}: {error}") from error
        for face in found.faces:
            if digest(frame.pixels[face.box.window]) != face.sha256:
                self._changed += 1
                self._refuse(f"the frame {at} was changed after the clip was protected")
        return self._recover(frame, entry, found, at)

    def _recover(self, frame: Frame, entry: FrameEntry, found: Manifest, at: str) -> Picture:
        def associated(index: int) -> bytes:
            return self._manifest.associated(found, entry.number, entry.pts, index)

        keeper = Keeper(self._profile, self._key.for_frame(entry.number), associated)
        seals = [b""] * len(found.faces)
        try:
            done = recover_regions(frame.pixels, found.faces, seals, keeper, self._accept_damage)
        except DamagedPictureError as error:
            raise DamagedPictureError(f"the frame {at}: {error}") from error
        self._closed += len(done.failures)
        if done.failures and self._first_failure is None:
            self._first_failure = DamagedPictureError(f"the frame {at}: {done.failures[0][1]}")
        self.faces += len(found.faces) - len(done.failures)
        return done.pixels

    def check_any(self) -> None:
        """Refuse a clip of which not one face opened.

        Raises:
            DamagedPictureError: so it is.
        """
        if self._first_failure is not None and not self.faces:
            raise self._first_failure

    def notes(self) -> Iterator[str]:
        """What the user should know."""
        if self._manifest.key_frames > 1:
            yield (
                f"only every {self._manifest.key_frames}th frame of this clip gives faces back; "
                f"{self.left_out} frames between, whose faces cannot come back, were left out"
            )
        counted = {
            "frames had no entry in the manifest, and stayed as they are": self._without_entry,
            "frames were moved in time after the clip was protected": self._moved,
            "frames of the protected clip are missing": self._missing,
            "frames at the end were left out, for the file ends before their entries": self._beyond,
            "faces were changed after the clip was protected": self._changed,
            "faces did not open, and stayed as they are": self._closed,
        }
        for what, count in counted.items():
            if count:
                yield f"{count} {what}"

    def _refuse(self, message: str) -> None:
        if not self._accept_damage:
            raise DamagedPictureError(f"{message}; recover from the file that proface wrote")
