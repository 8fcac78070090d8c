"""Videos: faces followed from frame to frame, protected, brought back, and vouched for.

`protection` is the page that shows how the parts fit together. Needs PyAV, which the extra
``video`` installs.
"""

from ..errors import VideoError

try:
    import av as _av
except ImportError as error:
    raise VideoError(
        "videos need PyAV, which is not installed: pip install 'proface[video]'"
    ) from error

from .evidence import ClipVerification, verify
from .inspection import ClipInspection, inspect
from .manifest import detached_path
from .options import ClipOptions
from .protection import ProtectedClip, protect
from .recovery import RecoveredClip, recover
from .sharing import grant, rekey

_av.logging.set_level(None)  # what matters is said in notes and errors

__all__ = [
    "ClipInspection",
    "ClipOptions",
    "ClipVerification",
    "ProtectedClip",
    "RecoveredClip",
    "detached_path",
    "grant",
    "inspect",
    "protect",
    "recover",
    "rekey",
    "verify",
]
