"""Recipients and identities that tests make."""

import subprocess
from pathlib import Path

import pytest

from proface import Derivation, Identity, Key

CHEAP = Derivation(time_cost=1, memory_kib=8, lanes=1)


def cheap_key(password: str) -> Key:
    """A password's key that costs next to nothing."""
    return Key.derive(password, derivation=CHEAP)


def recipient(identity: Identity) -> str:
    """Of an identity of age."""
    return identity.recipients[0]


def ssh_key(folder: Path, kind: str, *options: str, passphrase: str = "") -> tuple[Path, str]:
    """A new SSH key: the file of the private one, and the text of the public one."""
    path = folder / f"{kind}-{len(list(folder.iterdir()))}"
    command = ["ssh-keygen", "-q", "-t", kind, *options, "-N", passphrase, "-C", "a b", "-f", path]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed here")
    return path, path.with_name(f"{path.name}.pub").read_text()
