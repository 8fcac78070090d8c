"""What makes a manifest evidence, against the documentation and against whoever changes it."""

import base64
import hashlib
import hmac
import json
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proface import (
    AuthenticityError,
    Box,
    Grant,
    GrantError,
    Identity,
    Key,
    ManifestError,
    PasswordError,
    PictureKey,
)
from proface.files.authentication import (
    authenticated,
    check_commitment,
    scene_digest,
    signature_of,
    tagged,
)
from proface.files.manifest import FaceEntry, Manifest
from proface.keys import SigningKey
from proface.keys.slots import wrap
from proface.picture.opening import checked_keys, open_manifest
from tests.files.manifests import BASE, DIGEST, ODD, at, changed, paths_of
from tests.keys.people import recipient

KEY = PictureKey(bytes(range(32)))
MASTER, ANNA = Key.from_bytes(b"k" * 32), Identity.generate()
SIGNER = SigningKey(b"s" * 32)
DRAFT = replace(BASE, slots=wrap(KEY, MASTER, [recipient(ANNA)]), signature=None, tag=b"")
WHOLE = authenticated(DRAFT, KEY, SIGNER)
TEXT = WHOLE.to_json()
CONTENT = json.loads(TEXT)
GRANT = Grant(WHOLE.identifier.hex(), {index: KEY.face(index) for index in (0, 1)})
NOT_GOOD = (AuthenticityError, PasswordError)
"""A secret may not even open a slot that was changed."""


def canonical(content):
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def without(content, *names):
    return {name: value for name, value in content.items() if name not in names}


def subkey(secret, info):
    return hmac.digest(secret, b"proface/v2/" + info + b"\x01", "sha256")


def test_all_texts_are_what_the_documentation_says():
    common = without(CONTENT, "faces", "slots", "signature", "tag")
    boxes = [[face[name] for name in ("x", "y", "width", "height")] for face in CONTENT["faces"]]
    identifier = hashlib.sha256(canonical(common | {"boxes": boxes})).digest()
    assert WHOLE.identifier == identifier
    place = struct.pack(">5I", 1, *boxes[1])
    assert WHOLE.associated(1) == b"proface/v2/associated\0" + identifier + place

    bare = [without(face, "commitment") for face in CONTENT["faces"]]
    statement = hashlib.sha256(canonical(common | {"faces": bare})).digest()
    commitments = []
    for index, face in enumerate(CONTENT["faces"]):
        face_key = subkey(bytes(range(32)), b"face\0" + struct.pack(">I", index))
        key = subkey(face_key, b"subkey\0commitment\0")
        commitments.append(hmac.digest(key, statement + struct.pack(">I", index), "sha256"))
        assert base64.b64decode(face["commitment"]) == commitments[-1]

    signer, value = (base64.b64decode(CONTENT["signature"][name]) for name in ("signer", "value"))
    vouched = b"proface/v2/signature\0" + statement + b"".join(commitments)
    Ed25519PublicKey.from_public_bytes(signer).verify(value, vouched)

    key = subkey(bytes(range(32)), b"picture\0manifest")
    tag = hmac.digest(key, canonical(without(CONTENT, "tag")), "sha256")
    assert base64.b64decode(CONTENT["tag"]) == tag


def check_noticed(text):
    """A manifest that was changed is refused, or opens with no secret."""
    try:
        manifest = Manifest.from_json(text)
    except ManifestError:
        return
    for secret in (MASTER, ANNA):
        with pytest.raises(NOT_GOOD):
            open_manifest(manifest, secret)


def is_signed(manifest):
    return signature_of(manifest, None) == "unknown signer"


def test_the_good_one_opens():
    found = Manifest.from_json(TEXT)
    assert open_manifest(found, MASTER) == open_manifest(found, ANNA) == KEY
    assert open_manifest(found, GRANT) is GRANT
    assert is_signed(found)


@pytest.mark.parametrize("path", list(paths_of(CONTENT)), ids=lambda path: ".".join(map(str, path)))
def test_a_field_that_is_missing_is_noticed(path):
    check_noticed(changed(TEXT, path, ...))


STRINGS = [path for path in paths_of(CONTENT) if isinstance(at(CONTENT, path), str)]


@pytest.mark.parametrize("path", STRINGS, ids=lambda path: ".".join(map(str, path)))
def test_every_character_of_every_string_counts(path):
    value = at(CONTENT, path)
    for position in range(len(value)):
        for other in ("b" if value[position] != "b" else "c", "=", "0" if position % 2 else ""):
            if other != value[position]:
                spoilt = value[:position] + other + value[position + 1 :]
                check_noticed(changed(TEXT, path, spoilt))
    check_noticed(changed(TEXT, path, value + "="))


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_field_that_has_another_value_is_noticed(data):
    path = data.draw(st.sampled_from(list(paths_of(CONTENT))))
    values = [at(CONTENT, each) for each in paths_of(CONTENT)]
    text = changed(TEXT, path, data.draw(ODD | st.sampled_from(values)))
    assume(json.loads(text) != CONTENT)
    check_noticed(text)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_field_that_was_added_is_noticed(data):
    objects = [(), *(path for path in paths_of(CONTENT) if isinstance(at(CONTENT, path), dict))]
    path = data.draw(st.sampled_from(objects))
    others = ("picture_salt", "salt", "file", "commitment", "seed", "strength", "version")
    name = data.draw(st.sampled_from(others) | st.text(max_size=5))
    assume(name not in at(CONTENT, path))
    check_noticed(changed(TEXT, (*path, name), data.draw(ODD)))


@pytest.mark.parametrize("name", ["faces", "slots"])
def test_lists_that_were_changed_are_noticed(name):
    first, second = CONTENT[name]
    for changed_list in ([first], [second], [second, first], [first, second, first], [first] * 2):
        check_noticed(json.dumps(CONTENT | {name: changed_list}))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_who_has_a_grant_notices_all_but_slots_signature_and_tag(data):
    places = [each for each in paths_of(CONTENT) if each[0] not in ("slots", "signature", "tag")]
    path = data.draw(st.sampled_from(places))
    values = [at(CONTENT, each) for each in places]
    text = changed(TEXT, path, data.draw(st.just(...) | ODD | st.sampled_from(values)))
    assume(json.loads(text) != CONTENT)
    try:
        manifest = Manifest.from_json(text)
    except ManifestError:
        return
    with pytest.raises((AuthenticityError, GrantError)):
        open_manifest(manifest, GRANT)


def test_a_grant_outlives_other_slots():
    other = tagged(replace(WHOLE, slots=wrap(KEY, Key.from_bytes(bytes(32)), ())), KEY)
    assert open_manifest(other, GRANT) is GRANT
    assert is_signed(other)
    with pytest.raises(PasswordError):
        open_manifest(other, MASTER)


def test_a_grant_for_another_picture_or_face_is_refused():
    with pytest.raises(GrantError, match="another picture"):
        open_manifest(WHOLE, replace(GRANT, picture=DIGEST))
    with pytest.raises(GrantError, match="face 2, which the picture does not have"):
        open_manifest(WHOLE, replace(GRANT, faces={2: KEY.face(2)}))
    for faces in ({0: KEY.face(1)}, {1: PictureKey(bytes(32)).face(1)}):
        with pytest.raises(AuthenticityError, match=r"face \d is not authentic"):
            open_manifest(WHOLE, replace(GRANT, faces=faces))


def test_a_commitment_fits_one_key_one_face_and_one_statement():
    check_commitment(WHOLE, 0, KEY.face(0))
    stolen = replace(WHOLE.faces[1], commitment=WHOLE.faces[0].commitment)
    wrong = [
        (WHOLE, 0, KEY.face(1)),
        (WHOLE, 1, KEY.face(0)),
        (WHOLE, 0, PictureKey(bytes(32)).face(0)),
        (replace(WHOLE, scene=DIGEST[::-1]), 0, KEY.face(0)),
        (replace(WHOLE, faces=(WHOLE.faces[0], stolen)), 1, KEY.face(1)),
        (replace(WHOLE, faces=(replace(WHOLE.faces[0], commitment=b""),)), 0, KEY.face(0)),
    ]
    for manifest, index, key in wrong:
        with pytest.raises(AuthenticityError, match=f"face {index} is not authentic"):
            check_commitment(manifest, index, key)


def test_a_signature_covers_all_but_the_slots():
    assert is_signed(replace(WHOLE, slots=WHOLE.slots[:1], tag=b""))
    assert not is_signed(DRAFT)
    first, second = WHOLE.faces
    for other in (
        replace(WHOLE, scene=DIGEST[::-1]),
        replace(WHOLE, made=replace(WHOLE.made, time="2026-11-27T09:30:01Z")),
        replace(WHOLE, faces=(first,)),
        replace(WHOLE, faces=(first, replace(second, commitment=first.commitment))),
        replace(WHOLE, faces=(first, replace(second, sha256=DIGEST))),
        replace(WHOLE, signature=replace(WHOLE.signature, signer=bytes(32))),
    ):
        assert not is_signed(other)


@st.composite
def scenes(draw):
    height, width = draw(st.integers(2, 20)), draw(st.integers(2, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    alpha = draw(st.none() | st.just(rng.integers(0, 255, (height, width), dtype=np.uint8)))
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    box = Box(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))
    return pixels, alpha, box


@given(scenes())
def test_a_scene_s_digest_is_what_the_documentation_says(scene):
    pixels, alpha, box = scene
    expected = hashlib.sha256(b"proface/v2/scene\0" + struct.pack(">2I", *pixels.shape[:2]))
    for y, row in enumerate(pixels):
        for x, pixel in enumerate(row):
            inside = box.x <= x < box.right and box.y <= y < box.bottom
            expected.update(bytes(3) if inside else pixel.tobytes())
    expected.update(b"" if alpha is None else alpha.tobytes())
    assert scene_digest(pixels, [box], alpha) == expected.hexdigest()


@given(scenes(), st.data())
def test_every_sample_outside_the_regions_counts_and_none_inside(scene, data):
    pixels, alpha, box = scene
    before = scene_digest(pixels, [box], alpha)
    y, x = data.draw(st.integers(0, len(pixels) - 1)), data.draw(st.integers(0, len(pixels[0]) - 1))
    spoilt = pixels.copy()
    spoilt[y, x, data.draw(st.integers(0, 2))] ^= 1
    inside = box.x <= x < box.right and box.y <= y < box.bottom
    assert (scene_digest(spoilt, [box], alpha) == before) == inside
    if alpha is not None:
        alpha[y, x] ^= 1
        assert scene_digest(pixels, [box], alpha) != before
        assert scene_digest(pixels, [box], None) != before


def test_an_opaque_alpha_is_none():
    """WebP does not keep it."""
    pixels, opaque = np.zeros((5, 6, 3), np.uint8), np.full((5, 6), 255, np.uint8)
    assert scene_digest(pixels, [], opaque) == scene_digest(pixels, [], None)
    opaque[4, 5] = 254
    assert scene_digest(pixels, [], opaque) != scene_digest(pixels, [], None)


def test_the_shape_of_a_scene_counts():
    flat = np.zeros((4, 6, 3), np.uint8)
    digests = {scene_digest(flat.reshape(*shape, 3), []) for shape in ((4, 6), (6, 4), (2, 12))}
    assert len(digests) == 3


def large(count):
    """A manifest with so many faces."""
    boxes = [Box(20 * (i % 64), 20 * (i // 64), 20, 20) for i in range(count)]
    faces = tuple(FaceEntry(box, DIGEST) for box in boxes)
    return replace(DRAFT, width=1280, height=1280, faces=faces)


def seconds(count):
    began = time.process_time()
    found = Manifest.from_json(authenticated(large(count), KEY, SIGNER).to_json())
    key = checked_keys(found, open_manifest(found, MASTER))
    assert [key(index) for index in range(count)] == [KEY.face(index) for index in range(count)]
    assert is_signed(found)
    return time.process_time() - began


def test_4096_faces_take_little_and_no_more_than_their_share():
    few, many = (min(seconds(count) for _ in range(2)) for count in (512, 4096))
    assert many < 3
    assert many < 3 * 8 * few
