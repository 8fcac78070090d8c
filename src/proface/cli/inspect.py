"""``proface inspect``: what a protected picture says of itself."""

from typing import TYPE_CHECKING

from ..files.kinds import is_video
from . import options, pipes, video
from .console import say, say_json
from .options import check_photo
from .picture import as_objects

if TYPE_CHECKING:
    from ..picture.results import Inspection


def inspect(
    photo: options.Photo, manifest: options.ManifestFile = None, as_json: options.Json = False
) -> None:
    """Show what a protected picture says of itself."""
    from ..picture import protection as library

    if photo != pipes.STANDARD:
        check_photo(photo)
        if is_video(photo):
            pipes.refuse(photo)
            video.inspect(photo, manifest, as_json)
            return
    found = library.inspect(pipes.read(photo), manifest)
    if as_json:
        say_json(_as_object(found))
        return
    about = found.manifest
    strength = "default strength" if about.strength is None else f"strength {about.strength:g}"
    say(f"picture      {about.width} x {about.height}")
    say(f"profile      {about.profile}, carried by the {about.carrier}")
    say(f"obfuscator   {about.obfuscator}, {strength}")
    say(f"recoverable  {'no' if found.problems else 'yes, with the password'}")
    for problem in found.problems:
        say(f"             {problem}")
    for index, face in enumerate(about.faces):
        box = face.box
        label = "faces" if index == 0 else ""
        say(f"{label:12} {box.width} x {box.height} at {box.x}, {box.y}")


def _as_object(found: "Inspection") -> dict[str, object]:
    about = found.manifest
    return {
        "width": about.width,
        "height": about.height,
        "profile": about.profile,
        "carrier": about.carrier,
        "obfuscator": about.obfuscator,
        "strength": about.strength,
        "faces": as_objects(face.box for face in about.faces),
        "recoverable": not found.problems,
        "problems": list(found.problems),
    }
