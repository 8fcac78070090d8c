"""One protected clip, recovered.

read -> match each frame with its entry -> `Opener` checks and opens it -> write the frame
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from av.packet import Packet

from ..errors import WrongKeyError
from ..files.atomic import NewFiles
from ..files.output import check_output, refuse_folder
from ..keys import Grant, PictureKey, Secret
from ..picture.opening import FaceKeys
from ..profile.base import WrongRecovery
from ..profile.choice import for_recovery, shown_for_wrong
from ..timing import Stopwatch, each, shares, stage
from .chain import Chain
from .findings import Findings
from .manifest import ClipManifest
from .matching import Matched, matched, read_manifest
from .opening import Opener, check_size
from .options import FrameProgress
from .reader import Reader
from .streams import Clip
from .writer import VideoCodec, Writer, check_name

_WRONG = {
    "noise": "the secret is wrong: the faces are noise",
    "obfuscated": "the secret is wrong: the faces stay obfuscated",
}


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
    key_matched: bool | None
    """Whether the secret is the right one; None where that cannot be known, as with the paper's
    profiles."""
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
    secret: Secret | Grant,
    *,
    manifest: Path | None = None,
    accept_damage: bool = False,
    allow_weak: bool = False,
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

    A wrong secret is known to be wrong, but for the paper's profiles. With ``sealed`` it is an
    error. With the others the faces become noise, or stay obfuscated, and
    `RecoveredClip.key_matched` is False.

    Args:
        source: the protected clip.
        out: .mkv; written as a whole or not at all, for its owner alone to read (mode 0600).
        secret: the password; the `Key` that protected the clip; a `Keyring`, for many clips; an
            `Identity` of a recipient; or a `Grant`, which opens single faces in all frames, and
            leaves the others as they are.
        manifest: its file; None for the one in the clip, or beside it.
        accept_damage: whether to recover what is left of a clip that was changed since; faces that
            do not open stay as they are, with a note.
        allow_weak: as for `proface.recover`.
        wrong_recovery: as for `proface.recover`.
        providers: as for `proface.recover`.
        codec: of the result.
        no_audio: whether sound is left out.
        overwrite: whether an existing file may be replaced.
        progress: called after each frame.

    Raises:
        WrongKeyError: the secret is wrong, and that is to be an error.
        AuthenticityError: the manifest is not what was written; frames were changed, moved, added
            or removed; or the clip's end is missing.
        ManifestError: there is no manifest, or a bad one.
        DamagedPictureError: the clip was resized.
        GrantError: the grant is for another clip, or for faces that it does not have.
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
        profile = for_recovery(found.picture, providers)
        shown = shown_for_wrong(profile.facts, wrong_recovery)
        check_size(found, reader)
        keys: FaceKeys | None
        try:
            keys = found.open(secret, allow_weak)
        except WrongKeyError:
            if shown == "error" or not profile.facts.secret:
                raise
            keys = None
        chain = Chain(found, keys if isinstance(keys, PictureKey) else None)
        findings = Findings(accept_damage)
        work = Opener(found, profile, keys, findings, shown)
        files = NewFiles(overwrite, private=True)
        carried = reader.carried(not no_audio)
        clip = _with_rate(reader.clip, found)
        writer = stack.enter_context(Writer(out, clip, carried, codec, files=files))
        total = reader.clip.frames
        for item in each("decode", matched(reader, found, lines, chain)):
            if isinstance(item, Packet):
                with stage("encode"):
                    writer.carry(item)
                continue
            pixels = work.see(item)
            if not isinstance(item, Matched):
                continue
            if pixels is not None:
                with stage("encode"):
                    writer.write(pixels, item.milliseconds)
            if progress:
                progress(work.frames + work.left_out, total)
        work.check_any()
    seconds = perf_counter() - start
    notes = [*reader.notes, *writer.notes]
    if keys is None:
        notes.append(_WRONG[shown])
    if found.key_frames > 1:
        notes.append(
            f"only every {found.key_frames}th frame of this clip gives faces back; "
            f"{work.left_out} frames between, whose faces cannot come back, were left out"
        )
    return RecoveredClip(
        found,
        work.frames,
        work.left_out,
        work.faces,
        (keys is not None) if found.is_authenticated else None,
        profile.provider,
        seconds,
        shares(watch.seconds, seconds),
        (*notes, *work.notes(), *findings.notes()),
    )


def _with_rate(clip: Clip, manifest: ClipManifest) -> Clip:
    """The clip at the rate of the frames that come back; FFmpeg's fractions have 32 bits."""
    if clip.rate is None:
        return clip
    return replace(clip, rate=(clip.rate / manifest.key_frames).limit_denominator(100_000))
