"""Make the files that every later version must recover: `python tests/data/format2/make.py`.

With names as arguments it makes those alone. Files that are there are replaced: what was made by a
released version stays as it is, for ever.
"""

import hashlib
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from skimage.data import astronaut

import proface
from proface import Box, Identity

FOLDER = Path(__file__).parent
PASSWORD = "correct horse battery staple"
BOX = Box(16, 16, 64, 64)
FILES = {
    "sealed.png": ("sealed", "pixels"),
    "sealed-file.jpg": ("sealed", "file"),
    "randwr.png": ("randwr", "pixels"),
    "obfswr.webp": ("obfswr", "pixels"),
    "paper-randwr.png": ("paper-randwr", "pixels"),
    "paper-obfswr.tif": ("paper-obfswr", "pixels"),
}
"""Profile and carrier by name."""


def main(names: list[str]) -> None:
    """Make files, what they recover to, and who may open them."""
    identity = _identity()
    digests = FOLDER / "recovered.json"
    known = json.loads(digests.read_text()) if digests.exists() else {}
    with TemporaryDirectory() as folder:
        signing_key = _signing_key(Path(folder))
        for name in names or FILES:
            known[name] = make(name, identity, signing_key)
    digests.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


def make(name: str, identity: Identity, signing_key: Path) -> str:
    """One file, and the digest of what it recovers to; of a flow's also the picture."""
    profile, carrier = FILES[name]
    path = FOLDER / name
    shared = (
        {}
        if profile.startswith("paper")
        else {"recipients": identity.recipients, "sign_key": signing_key}
    )
    hidden = proface.protect(
        np.ascontiguousarray(astronaut()[50:146, 175:271]),  # NASA, public domain
        PASSWORD,
        profile=profile,
        carrier=carrier,
        faces=[BOX],
        providers=["cpu"],
        **shared,
    )
    hidden.save(path, overwrite=True)
    recovered = proface.recover(path, PASSWORD, providers=["cpu"])
    if profile != "sealed":
        recovered.save(FOLDER / f"{path.stem}-recovered.png", overwrite=True)
    if shared:
        grant = proface.grant(path, PASSWORD, [0], identity.recipients)
        (FOLDER / f"{name}.face-0.age").write_bytes(grant)
    return hashlib.sha256(recovered.pixels.tobytes()).hexdigest()


def _identity() -> Identity:
    path = FOLDER / "identity.txt"
    if not path.exists():
        path.write_text("# For tests alone: everyone knows it.\n" + Identity.generate().to_text())
    return Identity.parse(path.read_text())


def _signing_key(folder: Path) -> Path:
    """Always the same, known to everyone; its public key is beside the files."""
    secret = hashlib.sha256(b"proface/tests/format2").digest()
    key, path = Ed25519PrivateKey.from_private_bytes(secret), folder / "sign.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (FOLDER / "signer.pem").write_bytes(public)
    return path


if __name__ == "__main__":
    main(sys.argv[1:])
