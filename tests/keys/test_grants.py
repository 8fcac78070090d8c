"""Grants: the keys of single faces, for single people."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Grant, GrantError, Identity, PictureKey, RecipientError
from proface.keys import grants
from proface.keys.recipients import encrypt
from tests.keys.people import recipient

ANNA, BERTA = Identity.generate(), Identity.generate()
KEY = PictureKey(b"p" * 32)
PICTURE = "0123456789abcdef" * 4


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5))
def test_a_grant_holds_the_keys_of_its_faces_and_no_others(faces):
    grant = Grant.open(grants.make(KEY, PICTURE, faces, ANNA.recipients), ANNA)
    assert grant.picture == PICTURE
    assert dict(grant.faces) == {face: KEY.face(face) for face in faces}
    assert grant.face(faces[0]) == KEY.face(faces[0])
    assert grant.face(max(faces) ^ 1 if max(faces) ^ 1 not in faces else 2**33) is None


def test_a_grant_tells_nothing_of_the_picture_s_key():
    data = grants.make(KEY, PICTURE, [0], ANNA.recipients)
    text = ANNA.decrypt(data)
    assert base64.b64encode(KEY.to_bytes())[:40] not in text
    assert KEY.to_bytes() not in text
    assert json.loads(text).keys() == {"proface_grant", "picture", "faces"}
    assert "p" * 8 not in repr(Grant.open(data, ANNA))


def test_a_grant_is_for_its_recipients(tmp_path):
    data = grants.make(KEY, PICTURE, [1], [recipient(ANNA), recipient(BERTA)])
    path = tmp_path / "face.age"
    path.write_bytes(data)
    for source in (data, path, str(path)):
        for identity in (ANNA, BERTA):
            assert Grant.open(source, identity).faces.keys() == {1}
        with pytest.raises(GrantError, match="another identity"):
            Grant.open(source, Identity.generate())


def test_a_grant_is_for_somebody_and_something():
    with pytest.raises(GrantError, match="at least one face"):
        grants.make(KEY, PICTURE, [], ANNA.recipients)
    with pytest.raises(RecipientError):
        grants.make(KEY, PICTURE, [0], [])
    with pytest.raises(RecipientError, match="'anna'"):
        grants.make(KEY, PICTURE, [0], ["anna"])
    one, spaced = recipient(ANNA), f"  {recipient(ANNA)}\n"
    for recipients in (one, [spaced]):
        assert Grant.open(grants.make(KEY, PICTURE, [0], recipients), ANNA).faces


def good(**changes):
    content = {"proface_grant": 2, "picture": PICTURE, "faces": {"0": "A" * 43 + "="}} | changes
    return {name: value for name, value in content.items() if value is not ...}


GARBLED = [
    b"",
    b"{",
    b"[]",
    b"3",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"proface_grant":' + b"9" * 5000 + b"}",
    *(
        json.dumps(good(**changes)).encode()
        for changes in (
            {"proface_grant": ...},
            {"proface_grant": 1},
            {"proface_grant": 3},
            {"proface_grant": "2"},
            {"proface_grant": ["x" * 1000]},
            {"picture": ...},
            {"picture": None},
            {"picture": PICTURE.upper()},
            {"picture": PICTURE + "\n"},
            {"faces": ...},
            {"faces": {}},
            {"faces": []},
            {"faces": "0"},
            {"faces": {"-1": "A" * 43 + "="}},
            {"faces": {"a": "A" * 43 + "="}},
            {"faces": {"0": "A" * 40}},
            {"faces": {"0": "!" * 44}},
            {"faces": {"0": "ä"}},
            {"faces": {"0": 5}},
            {"faces": {"0": None}},
        )
    ),
]


@pytest.mark.parametrize("text", GARBLED)
def test_a_garbled_grant_in_a_good_age_file_is_refused(text):
    with pytest.raises(GrantError) as caught:
        Grant.open(encrypt(text, ANNA.recipients), ANNA)
    assert 0 < len(str(caught.value)) < 200


def test_the_good_one_is_read():
    text = json.dumps(good()).encode()
    assert Grant.open(encrypt(text, ANNA.recipients), ANNA).faces[0].secret == bytes(32)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_other_files_are_refused(data):
    with pytest.raises(GrantError):
        Grant.open(data, ANNA)


def test_files_that_cannot_be_read_are_refused_by_name(tmp_path):
    long = tmp_path / "long.age"
    long.write_bytes(bytes(grants.MAX_BYTES + 1))
    with pytest.raises(GrantError, match=r"long\.age is too long"):
        Grant.open(long, ANNA)
    for path in (tmp_path / "missing.age", tmp_path):
        with pytest.raises(GrantError, match="cannot read the grant"):
            Grant.open(path, ANNA)
