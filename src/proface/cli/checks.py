"""What can be refused before any slow work and before a password is asked for."""

from pathlib import Path

from ..errors import PictureError


def check_photo(path: Path) -> None:
    """Refuse a picture that is not there.

    Raises:
        PictureError: there is no such file.
    """
    if not path.exists():
        raise PictureError(f"there is no picture at {path}")
