"""Who else may open a protected clip: grants of single faces, and other slots."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from ..errors import GrantError, OutputError
from ..files.atomic import NewFiles, settle
from ..files.kinds import is_video
from ..files.output import check_output, reason, refuse_folder
from ..keys import Access, Key, Secret, grants
from ..keys.slots import wrap
from .manifest import detached_path
from .matching import open_manifest
from .records import read_entries
from .rewriting import replace_header

SHARED = "where faces share a region, a grant for one of them opens the whole region"
"""What users of `grant` should know."""


def grant(
    source: Path,
    secret: Secret,
    faces: Sequence[int],
    recipients: Sequence[str],
    *,
    manifest: Path | None = None,
    allow_weak: bool = False,
) -> bytes:
    """A small age file that opens some faces of a clip in all frames, and no others.

    Where faces share a region, a grant for one of them opens the whole region. Without tracking
    (boxes from a file, or the whole frame), a face is a region's place among those of its frame.

    Args:
        source: the protected clip; no frame of it is decoded to grant a face.
        secret: as for `recover`; a grant cannot be granted on.
        faces: tracked faces, from 0, as `inspect` and the manifest's entries name them.
        recipients: who may open them, see `proface.keys.recipients`.
        manifest: as for `recover`.
        allow_weak: as for `recover`.

    Returns:
        The grant, for a file; who has one of the recipients' identities opens it with
        `Grant.open`.

    Raises:
        GrantError: no frame has such a face.
        RecipientError: a recipient is none, or there is none.
        WrongKeyError: the secret is another one.
        AuthenticityError: the header was changed after the clip was protected.
        ManifestError: there is no manifest, or a bad one; or its profile knows no grants.
        VideoError: the clip cannot be read.
    """
    with ExitStack() as stack:
        found, lines = open_manifest(source, manifest, stack)
        key = found.open_whole(secret, allow_weak)
        wanted, seen = set(faces), set[int]()
        for entry in read_entries(source, found, lines):
            seen.update(track for face in entry.faces for track in face.tracks)
            if wanted <= seen:
                break
    for face in faces:
        if face not in seen:
            highest = f"the highest is {max(seen)}" if seen else "there is none"
            raise GrantError(f"no frame of the clip has a face {face}; {highest}")
    return grants.make(key, found.identifier.hex(), sorted(wanted), recipients)


def rekey(  # noqa: PLR0913 - public, by keywords
    source: Path,
    out: Path,
    secret: Secret,
    access: str | Key | Access,
    *,
    manifest: Path | None = None,
    allow_weak: bool = False,
    overwrite: bool = False,
) -> None:
    """Write a protected clip with other slots: no frame is decoded, grants and signatures stay.

    Copies of the clip that are out already keep their slots.

    Args:
        source: the protected clip.
        out: the new clip; where the manifest lies beside the clip, the new manifest alone.
        secret: as for `recover`.
        access: who may open it from then on; its signing key has no use here.
        manifest: as for `recover`.
        allow_weak: as for `recover`.
        overwrite: whether an existing file may be replaced.

    Raises:
        WrongKeyError: the secret is another one.
        AuthenticityError: the header was changed after the clip was protected.
        ManifestError: there is no manifest, or a bad one; or its profile wraps no key.
        OutputError: ``out`` exists, is unsuitable, or cannot be written.
        ProfaceError: as for `proface.keys.slots.wrap`.
    """
    refuse_folder(out)
    check_output(out, overwrite, [source, manifest or detached_path(source)])
    with ExitStack() as stack:
        found, lines = open_manifest(source, manifest, stack)
        key = found.open_whole(secret, allow_weak)
        access = Access.of(access)
        slots = wrap(key, access.key, access.recipients)
        picture = replace(found.picture, slots=slots)
        header = replace(found, picture=picture).tagged(key).to_json()
        files = stack.enter_context(NewFiles(overwrite))
        if lines is None:
            replace_header(source, out, header, files)
            return
        if is_video(out):
            raise OutputError(
                f"{out.name} is a name for a video, but the clip's manifest lies beside it, and "
                "only that is written anew; name a file such as clip.proface.jsonl"
            )
        try:
            file = files.begin(out)
            file.write(header.encode() + b"\n")
            shutil.copyfileobj(lines, file)
            settle(file)
        except (OSError, ValueError) as error:
            raise OutputError(f"cannot write {out}: {reason(error)}") from error
