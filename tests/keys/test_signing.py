"""Signatures: who vouches for a picture."""

import os
import pickle
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption

from proface import IdentityError
from proface.keys import Signature, SigningKey
from proface.keys.signing import load_signer
from tests.keys.signers import signing_key, write_private, write_public


def test_a_signature_fits_its_text_and_signer_alone(tmp_path):
    key = SigningKey.load(signing_key(tmp_path))
    other = SigningKey.load(signing_key(tmp_path, "other"))
    signature = key.sign(b"a text")
    assert signature.fits(b"a text")
    assert signature.signer == load_signer(tmp_path / "sign.pub.pem")
    assert not signature.fits(b"a test")
    assert not Signature(other.sign(b"").signer, signature.value).fits(b"a text")
    for position in range(512):
        value = bytearray(signature.value)
        value[position // 8] ^= 1 << position % 8
        assert not Signature(signature.signer, bytes(value)).fits(b"a text")


def test_it_is_ed25519(tmp_path):
    key = SigningKey.load(signing_key(tmp_path))
    signature = key.sign(b"a text")
    Ed25519PublicKey.from_public_bytes(signature.signer).verify(signature.value, b"a text")
    assert key.sign(b"a text") == signature


def test_a_garbled_signer_vouches_for_nothing():
    for signer in (b"", bytes(31), bytes(32), b"\xff" * 32):
        assert not Signature(signer, bytes(64)).fits(b"a text")


def test_keys_that_openssl_makes_are_read(tmp_path):
    private, public = tmp_path / "sign.pem", tmp_path / "signer.pem"
    try:
        make = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", private]
        subprocess.run(make, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed here")
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    private.chmod(0o600)
    assert SigningKey.load(private).sign(b"").signer == load_signer(public)


def test_a_key_is_pickled_and_not_shown(tmp_path):
    key = SigningKey.load(signing_key(tmp_path))
    assert pickle.loads(pickle.dumps(key)).sign(b"a") == key.sign(b"a")
    assert repr(key) == "SigningKey()"


ED25519 = Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: write_private(path, ED25519, BestAvailableEncryption(b"x")), "passphrase"),
        (lambda path: write_private(path, RSA, NoEncryption()), "not one of Ed25519"),
        (lambda path: write_private(path, CURVE, NoEncryption()), "not one of Ed25519"),
        (lambda path: write_public(path, ED25519), "holds no private key"),
        (lambda path: path.write_bytes(b""), "holds no private key"),
        (lambda path: path.write_bytes(b"\xff" * 100), "holds no private key"),
        (lambda path: path.write_bytes(b"x" * 70_000), "too long"),
    ],
)
def test_what_cannot_sign_is_refused_by_name(tmp_path, write, words):
    path = tmp_path / "sign.pem"
    write(path)
    path.chmod(0o600)
    with pytest.raises(IdentityError, match=rf"sign\.pem.*{words}"):
        SigningKey.load(path)
    with pytest.raises(IdentityError, match="cannot read"):
        SigningKey.load(tmp_path / "missing")


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_signing_key_that_others_may_read_is_refused(tmp_path):
    path = signing_key(tmp_path)
    path.chmod(0o644)
    with pytest.raises(IdentityError, match="others may read it"):
        SigningKey.load(path)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: write_private(path, ED25519, NoEncryption()), "no public key"),
        (lambda path: write_public(path, RSA), "not a public key of Ed25519"),
        (lambda path: path.write_bytes(b""), "no public key"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "no public key"),
    ],
)
def test_what_is_no_signer_is_refused_by_name(tmp_path, write, words):
    path = tmp_path / "signer.pem"
    write(path)
    with pytest.raises(IdentityError, match=rf"signer\.pem.*{words}"):
        load_signer(path)
    with pytest.raises(IdentityError, match="cannot read"):
        load_signer(tmp_path / "missing")
