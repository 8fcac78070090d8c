"""What can be said of a protected clip: is it authentic, and is it whole?"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from av.packet import Packet

from ..errors import AuthenticityError, DamagedPictureError, ManifestError
from ..keys import Grant, PictureKey, Secret
from ..keys.signing import SignatureState, load_signer, state_of
from ..picture.opening import FaceKeys
from ..picture.results import Answer, Scene
from ..profile.choice import for_recovery
from .chain import Chain
from .findings import Findings
from .manifest import ClipManifest
from .matching import Matched, matched, read_manifest
from .opening import Opener, check_size
from .options import FrameProgress
from .reader import Reader

_SIGNATURE = {
    "missing": "nobody signed the clip, though a signer was named",
    "invalid": "the signature does not fit the clip",
    "another signer": "somebody else signed the clip",
}


@dataclass(frozen=True)
class ClipVerification:
    """What can be said of a protected clip."""

    manifest: ClipManifest
    """The header of the manifest."""
    authentic: Answer
    """Whether header, entries and end are as they were made, by someone who had the clip's key."""
    scene: Scene
    """Whether the frames are those that were protected, in their order and their times, and the
    same outside the faces."""
    signature: SignatureState
    """Who vouches for it."""
    frames: int
    """That were looked at."""
    faces: int
    """Regions that open and are authentic, over all frames; 0 without a secret."""
    problems: tuple[str, ...]
    """What speaks against it, a sentence each."""
    notes: tuple[str, ...]
    """What could not be checked, a sentence each."""

    @property
    def is_authentic(self) -> bool:
        """Whether nothing at all speaks against the clip, and its manifest is authentic."""
        return self.authentic == "yes" and not self.problems


def verify(  # noqa: PLR0913 - public, by keywords
    source: Path,
    secret: Secret | Grant | None = None,
    *,
    manifest: Path | None = None,
    signer: str | Path | None = None,
    allow_weak: bool = False,
    providers: tuple[str, ...] | None = None,
    progress: FrameProgress | None = None,
) -> ClipVerification:
    """Say what can be said of a protected clip, without writing anything, in bounded memory.

    It is about the video: sound, subtitles, and what the container says of all tracks is not bound
    to it. Nor is the time at which the whole clip begins.

    Without a secret, only the signature proves anything; digests tell whether frames fit a manifest
    that may have been forged. With one, everything is checked: header, entries, their order and
    their end, all pixels, and that each face opens. A grant opens its faces, and tells nothing of
    the order of the frames.

    Args:
        source: the protected clip.
        secret: as for `recover`; None for what can be said without.
        manifest: as for `recover`.
        signer: a PEM file with the Ed25519 public key of who should have protected the clip.
        allow_weak: as for `recover`.
        providers: as for `recover`.
        progress: called after each frame.

    Raises:
        WrongKeyError: the secret is another one.
        ManifestError: there is no manifest, or its header is bad.
        VideoError: the clip cannot be read.
        IdentityError: the signer's key cannot be read.
        GrantError: the grant is for another clip.
        ProfaceError: its other subclasses, for missing models.
    """
    wanted = None if signer is None else load_signer(signer)
    problems: list[str] = []
    keys: FaceKeys | None = None
    findings = Findings(accepted=True)
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(source))
        found, lines = read_manifest(source, reader, manifest, stack)
        if secret is not None:
            try:
                keys = found.open(secret, allow_weak)
            except AuthenticityError as error:
                problems.append(str(error))
        profile = None if keys is None else for_recovery(found.picture, providers)
        chain = Chain(found, keys if isinstance(keys, PictureKey) else None)
        work = Opener(found, profile, keys, findings)
        try:
            check_size(found, reader)
        except DamagedPictureError as error:
            problems.append(str(error))
        try:
            for item in matched(reader, found, lines, chain):
                if isinstance(item, Packet):
                    continue
                work.see(item)
                if progress and isinstance(item, Matched):
                    progress(work.frames + work.left_out, reader.clip.frames)
            garbled = False
        except ManifestError as error:
            garbled = True
            problems.append(str(error))
    record = None if work.end is None else work.end.record
    signature = state_of(None if record is None else record.signature, chain.signed_text, wanted)
    if signature in _SIGNATURE:
        problems.append(_SIGNATURE[signature])
    refused = garbled or (keys is None and secret is not None)
    authentic: Answer = "unknown"
    if refused or findings.count("entry", "plain", "end"):
        authentic = "no"
    elif isinstance(keys, PictureKey) and found.is_authenticated:
        authentic = "yes"
    changed = findings.count("scene", "added", "moved", "missing", "beyond")
    return ClipVerification(
        manifest=found,
        authentic=authentic,
        scene="changed" if changed or garbled else "unchanged",
        signature=signature,
        frames=work.frames + work.left_out,
        faces=work.faces if found.is_authenticated else 0,
        problems=(*problems, *findings.problems()),
        notes=tuple(work.notes()),
    )
