"""Hide faces in pictures so that whoever has the password, and only they, can have them back.

>>> import proface
>>> protected = proface.protect("photo.jpg", "correct horse battery staple")  # doctest: +SKIP
>>> protected.save("protected.png")  # doctest: +SKIP
>>> recovered = proface.recover("protected.png", "correct horse battery staple")  # doctest: +SKIP
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from .errors import (
    AuthenticityError,
    BoxError,
    ClusterError,
    DamagedPictureError,
    GrantError,
    IdentityError,
    ManifestError,
    ModelError,
    NoFaceError,
    ObfuscatorError,
    OptionError,
    OutputError,
    PasswordError,
    PictureError,
    ProfaceError,
    RecipientError,
    WrongKeyError,
)

if TYPE_CHECKING:
    from .faces.boxes import Box
    from .faces.detector import detect
    from .files.manifest import Manifest
    from .keys import Access, Derivation, Grant, Identity, Key, PictureKey
    from .picture.decoy import obfuscate
    from .picture.evidence import verify
    from .picture.protection import inspect, protect, recover
    from .picture.rekeying import rekey
    from .picture.results import Inspection, Protected, Recovered, Verification
    from .picture.sharing import grant
    from .profile.choice import profiles
    from .profile.trained.flow import Flow

__version__ = "0.1.0"

# ONNX Runtime and Ray report to their makers unless they are told not to before they are loaded,
# and ONNX Runtime keeps a number of the device in the home folder. Every entry passes here first,
# workers and tasks of a cluster too. Whatever the variables said before counts for nothing: an
# empty one, or "0", leaves ONNX Runtime's reporter on. No other variable of the process changes.
# OpenVINO's reporter is kept out where it is loaded, in `inference.engines`. A program that loads
# ONNX Runtime before proface must set the first variable itself: it is read at that moment alone.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

__all__ = [
    "Access",
    "AuthenticityError",
    "Box",
    "BoxError",
    "ClusterError",
    "DamagedPictureError",
    "Derivation",
    "Flow",
    "Grant",
    "GrantError",
    "Identity",
    "IdentityError",
    "Inspection",
    "Key",
    "Manifest",
    "ManifestError",
    "ModelError",
    "NoFaceError",
    "ObfuscatorError",
    "OptionError",
    "OutputError",
    "PasswordError",
    "PictureError",
    "PictureKey",
    "ProfaceError",
    "Protected",
    "RecipientError",
    "Recovered",
    "Verification",
    "WrongKeyError",
    "detect",
    "grant",
    "inspect",
    "obfuscate",
    "profiles",
    "protect",
    "recover",
    "rekey",
    "verify",
]

_HOMES = {
    "Access": "keys",
    "Box": "faces.boxes",
    "Derivation": "keys",
    "Flow": "profile.trained.flow",
    "Grant": "keys",
    "Identity": "keys",
    "Inspection": "picture.results",
    "Key": "keys",
    "Manifest": "files.manifest",
    "PictureKey": "keys",
    "Protected": "picture.results",
    "Recovered": "picture.results",
    "Verification": "picture.results",
    "detect": "faces.detector",
    "grant": "picture.sharing",
    "inspect": "picture.protection",
    "obfuscate": "picture.decoy",
    "profiles": "profile.choice",
    "protect": "picture.protection",
    "recover": "picture.protection",
    "rekey": "picture.rekeying",
    "verify": "picture.evidence",
}


def __dir__() -> list[str]:
    """What is public, imported or not."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import on first use: ``proface --version`` need not wait for numpy and OpenCV (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'proface' has no attribute '{name}'")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
