"""Another password, other recipients: a new manifest in a copy of the file, and no other pixel."""

from pathlib import Path

from ..errors import OutputError, PictureError
from ..files import images, output
from ..files.images import MAX_FILE_BYTES, format_for
from ..files.manifest import Manifest
from ..files.rewriting import replace_manifest
from ..keys import Access, Key, Secret
from .inspection import find_manifest
from .results import detached_path
from .sharing import rekeyed


def rekey(  # noqa: PLR0913 - public, by keywords
    source: str | Path,
    out: str | Path,
    secret: Secret,
    access: str | Key | Access,
    *,
    manifest: Manifest | Path | str | None = None,
    allow_weak: bool = False,
    overwrite: bool = False,
) -> Manifest:
    """Copy a protected picture, to be opened by another password or by others from then on.

    Every pixel of the copy is the source's, and so are its grants and its signature. Copies that
    are out keep their slots: whoever opens them today does so for ever.

    Args:
        source: the protected picture.
        out: the copy, in the same format. Where the manifest lies beside the source, a new one
            lies beside the copy, in ``<out>.proface.json``.
        secret: as for `proface.recover`; a grant cannot do it.
        access: who may open the copy; a signing key in it is of no use.
        manifest: as for `proface.recover`.
        allow_weak: as for `proface.recover`.
        overwrite: whether existing files may be replaced.

    Returns:
        The manifest of the copy.

    Raises:
        WrongKeyError: the secret is another one.
        AuthenticityError: the manifest was changed after the picture was protected.
        ManifestError: there is no manifest, a bad one, or its profile wraps no key.
        OutputError: the copy has another format, exists, or cannot be written.
        ProfaceError: its other subclasses, for bad pictures, passwords or recipients.
    """
    source, out = Path(source), Path(out)
    data = _read(source)
    photograph = images.read(data, str(source))
    given = manifest is None and photograph.manifest is None and detached_path(source).exists()
    found = find_manifest(data, photograph, detached_path(source) if given else manifest)
    _check_format(source, photograph.format, out, found)
    new = rekeyed(found, secret, Access.of(access), allow_weak)
    files = {}
    if photograph.manifest is None:  # first, for without it the picture gives no face back
        files[detached_path(out)] = new.to_json().encode()
    else:
        data = replace_manifest(data, new.to_json())
    files[out] = data
    inputs = [source, detached_path(source)]
    inputs += [Path(manifest)] if isinstance(manifest, str | Path) else []
    output.write_all(files, overwrite, inputs)
    return new


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise PictureError(f"{path} has more than {MAX_FILE_BYTES} bytes")
    return data


def _check_format(source: Path, file_format: str | None, out: Path, found: Manifest) -> None:
    """Refuse a name that says something else than the file is."""
    if format_for(out, found.carrier) != file_format:
        raise OutputError(
            f"{out} would be a copy of {source}, which is a {file_format} file; choose a name that "
            "says so"
        )
