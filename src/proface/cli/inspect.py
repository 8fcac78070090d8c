"""``proface inspect``: what a protected picture says of itself."""

from typing import TYPE_CHECKING

from ..files.kinds import is_video
from . import options, video
from .console import say, say_json
from .options import check_photo
from .protect import as_objects

if TYPE_CHECKING:
    from ..picture.results import Inspection


def inspect(
    photo: options.Photo, manifest: options.ManifestFile = None, as_json: options.Json = False
) -> None:
    """Show what a protected picture says of itself."""
    from ..picture import protection as library

    check_photo(photo)
    if is_video(photo):
        video.inspect(photo, manifest, as_json)
        return
    found = library.inspect(photo, manifest)
    if as_json:
        say_json(_as_object(found))
        return
    facts = found.manifest
    strength = "default strength" if facts.strength is None else f"strength {facts.strength:g}"
    say(f"picture      {facts.width} x {facts.height}")
    say(f"profile      {facts.profile}, carried by the {facts.carrier}")
    say(f"obfuscator   {facts.obfuscator}, {strength}")
    say(f"recoverable  {'no' if found.problems else 'yes, with the password'}")
    for problem in found.problems:
        say(f"             {problem}")
    for index, face in enumerate(facts.faces):
        box = face.box
        label = "faces" if index == 0 else ""
        say(f"{label:12} {box.width} x {box.height} at {box.x}, {box.y}")


def _as_object(found: "Inspection") -> dict[str, object]:
    facts = found.manifest
    return {
        "width": facts.width,
        "height": facts.height,
        "profile": facts.profile,
        "carrier": facts.carrier,
        "obfuscator": facts.obfuscator,
        "strength": facts.strength,
        "faces": as_objects(face.box for face in facts.faces),
        "recoverable": not found.problems,
        "problems": list(found.problems),
    }
