"""``proface inspect``: what a protected picture says of itself."""

from typing import TYPE_CHECKING

from ..files.kinds import is_video
from . import options, pipes, video
from .access_options import Openers
from .console import say_json
from .facts import common, line, lines, made, openers, signature
from .options import check_photo
from .picture import as_objects

if TYPE_CHECKING:
    from ..picture.results import Inspection


def inspect(
    photo: options.Photo, manifest: options.ManifestFile = None, as_json: options.Json = False
) -> None:
    """Show what a protected picture says of itself."""
    from ..files.authentication import signature_of
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
    line("picture", f"{about.width} x {about.height}")
    line("profile", f"{about.profile}, carried by the {about.carrier}")
    line("obfuscator", f"{about.obfuscator}, {strength}")
    line("protected", made(about))
    lines("opens with", openers(about.slots))
    line("signature", signature(about, signature_of(about, None)))
    line("scene", about.scene)
    line("recoverable", "no" if found.problems else f"yes, with {Openers.of(about.slots).secret}")
    lines("", list(found.problems))
    for index, face in enumerate(about.faces):
        box = face.box
        several = f", holds {face.members} faces" if face.members > 1 else ""
        line(f"face {index}", f"{box.width} x {box.height} at {box.x}, {box.y}{several}")


def _as_object(found: "Inspection") -> dict[str, object]:
    from ..files.authentication import signature_of

    about = found.manifest
    return {
        "width": about.width,
        "height": about.height,
        "profile": about.profile,
        "carrier": about.carrier,
        "obfuscator": about.obfuscator,
        "strength": about.strength,
        **common(about),
        "signature": signature_of(about, None),
        "scene": about.scene,
        "faces": [
            box | {"members": face.members}
            for box, face in zip(
                as_objects(face.box for face in about.faces), about.faces, strict=True
            )
        ],
        "recoverable": not found.problems,
        "problems": list(found.problems),
    }
