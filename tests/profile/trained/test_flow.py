"""The trained network at run time, from outside, with a profile that is shipped."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from proface import (
    Flow,
    Key,
    ModelError,
    PasswordError,
    PictureError,
    PictureKey,
    ProfaceError,
    obfuscators,
    profiles,
)
from proface.inference.tiling import tiles
from proface.profile.trained import store
from tests.shared import limit_tiles

PROFILE = "paper-randwr"
KEY, OTHER_KEY = PictureKey(bytes(32)), PictureKey(bytes([1]) * 32)


def face(height=112, width=112):
    """NASA's astronaut, public domain."""
    return np.ascontiguousarray(astronaut()[60 : 60 + height, 169 : 169 + width])


def blurred(pictures):
    blur = obfuscators.get("gaussian")
    return blur.apply(pictures) if pictures.ndim == 3 else np.stack([*map(blur.apply, pictures)])


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


@pytest.fixture(scope="module")
def model():
    return Flow.load(PROFILE)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the shipped profile under another name, free to be spoilt."""
    folder = tmp_path / "profiles" / "copied"
    shutil.copytree(Path(str(files("proface") / "weights" / PROFILE)), folder)
    edit(folder, name="copied")
    monkeypatch.setenv("PROFACE_WEIGHTS", str(folder.parent))
    return folder


def edit(folder, **changes):
    card = folder / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def test_a_face_is_hidden_and_comes_back(model):
    original = face()
    hidden = blurred(original)
    protected = model.protect(original, hidden, KEY)
    recovered = model.recover(protected, KEY)
    for picture in (protected, recovered):
        assert (picture.shape, picture.dtype) == (original.shape, np.uint8)
        assert picture.flags.c_contiguous
    assert psnr(protected, hidden) > 36
    assert psnr(recovered, original) > 34
    assert psnr(protected, original) < psnr(hidden, original) + 1


def test_a_wrong_key_gives_noise(model):
    original = face()
    hidden = blurred(original)
    wrong = model.recover(model.protect(original, hidden, KEY), OTHER_KEY)
    assert psnr(wrong, original) < 13
    assert psnr(wrong, hidden) < 13


def test_large_faces_come_back_as_well_as_small_ones(model):
    for factor in (2, 3, 4):
        original = cv2.resize(face(), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        recovered = model.recover(model.protect(original, blurred(original), KEY), KEY)
        assert psnr(recovered, original) > 40


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (33, 20), (20, 33), (51, 47)])
def test_any_size_comes_back(model, shape):
    original = face(*shape)
    hidden = blurred(original)
    protected = model.protect(original, hidden, KEY)
    assert protected.shape == original.shape
    recovered = model.recover(protected, KEY)
    assert recovered.shape == original.shape
    if min(shape) > 8:
        assert psnr(recovered, original) > 22
        assert psnr(recovered, original) > psnr(model.recover(protected, OTHER_KEY), original) + 8


def test_a_batch_is_its_faces_one_by_one(model, monkeypatch):
    originals = np.stack([face(48, 64), face(48, 64)[:, ::-1], face(48, 64)[::-1]])
    hidden = blurred(originals)
    limit_tiles(monkeypatch, 80)  # Two faces at once, then one.
    protected = model.protect(originals, hidden, KEY, 5)
    recovered = model.recover(protected, KEY, 5)
    for index in range(3):
        single = model.protect(originals[index], hidden[index], KEY, 5 + index)
        np.testing.assert_array_equal(protected[index], single)
        np.testing.assert_array_equal(recovered[index], model.recover(single, KEY, 5 + index))


def test_faces_do_not_share_a_key_map(model):
    original = face(64, 64)
    twice = np.stack([original, original])
    first, second = model.protect(twice, blurred(twice), KEY)
    assert not np.array_equal(first, second)
    assert psnr(model.recover(first, KEY, 0), original) > 28
    assert psnr(model.recover(first, KEY, 1), original) < 15


def test_the_key_of_a_face_is_as_good_as_its_picture_s(model):
    original = face(48, 48)
    hidden = blurred(original)
    protected = model.protect(original, hidden, KEY, 7)
    np.testing.assert_array_equal(model.protect(original, hidden, KEY.face(7)), protected)
    recovered = model.recover(protected, KEY, 7)
    np.testing.assert_array_equal(model.recover(protected, KEY.face(7)), recovered)
    twice = np.stack([original, original])
    with pytest.raises(PasswordError, match="the key of one face was given for 2 faces"):
        model.protect(twice, blurred(twice), KEY.face(7))


@pytest.mark.parametrize("key", [Key.from_bytes(bytes(32)), "password", bytes(32), None])
def test_no_key_is_taken_that_other_pictures_may_have(model, key):
    """From a hundred known faces that share a key, everything that it draws is found."""
    original = face(16, 16)
    with pytest.raises(PasswordError, match=r"the key of one picture.*for_picture\(salt\)"):
        model.protect(original, original, key)
    with pytest.raises(PasswordError, match="the key of one picture"):
        model.recover(original, key)


def test_an_empty_batch_is_empty(model):
    nothing = np.empty((0, 8, 8, 3), np.uint8)
    assert model.protect(nothing, nothing, KEY).shape == nothing.shape


def test_tiles_give_the_whole_picture_to_the_bit(model, monkeypatch):
    original = np.ascontiguousarray(astronaut()[:255, 120:350])
    hidden = blurred(original)
    protected = model.protect(original, hidden, KEY)
    recovered, wrong = (model.recover(protected, key) for key in (KEY, OTHER_KEY))
    limit_tiles(monkeypatch, 200)  # 256 x 230 in four tiles
    np.testing.assert_array_equal(model.protect(original, hidden, KEY), protected)
    np.testing.assert_array_equal(model.recover(protected, KEY), recovered)
    np.testing.assert_array_equal(model.recover(protected, OTHER_KEY), wrong)


@settings(max_examples=50, deadline=None)
@given(
    height=st.integers(1, 300).map(lambda n: 2 * n),
    width=st.integers(1, 300).map(lambda n: 2 * n),
    reach=st.integers(1, 40).map(lambda n: 2 * n),
    side=st.integers(8, 300).map(lambda n: 2 * n),
)
def test_tiles_cover_a_picture_once_with_a_margin(height, width, reach, side):
    covered = np.zeros((height, width), int)
    shapes = set()
    for tile in tiles(height, width, reach, side):
        covered[tile.core] += 1
        shapes.add(covered[tile.window].shape)
        assert covered[tile.window][tile.inner].shape == covered[tile.core].shape
        for window, core, inner, length in zip(
            tile.window, tile.core, tile.inner, (height, width), strict=True
        ):
            assert window.start % 2 == 0
            assert core.start - window.start == inner.start
            assert window.start == 0 or inner.start >= reach
            assert window.stop == length or window.stop - core.stop >= reach
    assert (covered == 1).all()
    assert len(shapes) == 1
    assert np.prod(shapes.pop()) <= max(side, 4 * reach) ** 2


@settings(max_examples=50, deadline=None)
@given(
    height=st.integers(100, 1600).map(lambda n: 2 * n),
    width=st.integers(100, 1600).map(lambda n: 2 * n),
)
def test_tiles_compute_little_twice(height, width):
    windows = (tile.window for tile in tiles(height, width, 50, 576))
    computed = sum((rows.stop - rows.start) * (cols.stop - cols.start) for rows, cols in windows)
    assert height * width <= computed <= 1.5 * height * width


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((8, 8, 3)),
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((1, 1, 8, 8, 3), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        [[[0, 0, 0]]],
    ],
)
def test_arrays_that_are_no_faces_are_refused(model, wrong):
    with pytest.raises(PictureError, match="faces are"):
        model.protect(wrong, wrong, KEY)
    with pytest.raises(PictureError, match="faces are"):
        model.recover(wrong, KEY)


def test_original_and_obfuscated_must_have_one_shape(model):
    with pytest.raises(PictureError, match=r"differ in shape: \(8, 8, 3\) and \(8, 9, 3\)"):
        model.protect(face(8, 8), face(8, 9), KEY)


@pytest.mark.parametrize("index", [-1, 2**32])
def test_face_indices_are_bounded(model, index):
    with pytest.raises(ProfaceError, match="face indices"):
        model.recover(face(8, 8), KEY, index)


def test_the_card_tells_what_the_model_is(model):
    card = model.card
    assert (card.name, card.wrong_recovery, card.secret) == (PROFILE, "noise", False)
    assert (card.architecture.blocks, card.architecture.reach(5)) == (3, 50)
    assert "test partition" in card.training["data"]
    assert "Research use only" in card.licence


def test_shipped_profiles_are_listed_and_load():
    names = store.profiles()
    assert profiles() == sorted([*names, "sealed"])
    assert PROFILE in names
    assert [Flow.load(name).card.name for name in names] == names


@pytest.mark.parametrize("name", ["nobody", "", "../weights/paper-randwr", ".", "/"])
def test_an_unknown_profile_is_refused_with_those_known(name):
    with pytest.raises(ModelError, match=f"unknown profile '{name}'; known are: .*{PROFILE}"):
        Flow.load(name)


def test_a_further_folder_adds_profiles(copied):
    assert {"copied", PROFILE} <= set(profiles())
    original = face(32, 32)
    protected = Flow.load("copied").protect(original, blurred(original), KEY)
    assert protected.shape == original.shape
    assert Flow.load("copied").card.name == "copied"


def test_a_folder_that_lacks_a_file_is_no_profile(copied):
    (copied / "recover.onnx").unlink()
    assert "copied" not in profiles()


def test_a_further_folder_must_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("PROFACE_WEIGHTS", str(tmp_path / "missing"))
    with pytest.raises(ModelError, match="is no folder"):
        profiles()


@pytest.mark.parametrize("name", ["protect.onnx", "recover.onnx", "sensitivity.npy"])
def test_a_damaged_file_is_refused_at_once(copied, name):
    damaged = bytearray((copied / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (copied / name).write_bytes(damaged)
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        Flow.load("copied")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "somebody"},
        {"name": "../x"},
        {"version": 2},
        {"wrong_recovery": "maybe"},
        {"wrong_recovery": ["noise"]},
        {"flow": "open"},
        {"description": None},
        {"training": []},
        {"results": {}},
        {"results": [1]},
        {"sha256": {}},
        {"sha256": {"protect.onnx": "0", "recover.onnx": "0", "sensitivity.npy": "0"}},
        {"sha256": {"protect.onnx": "0" * 64, "recover.onnx": "0" * 64}},
        {"architecture": {"blocks": 3, "growth": 32, "depth": 5}},
        {"architecture": {"blocks": 3, "growth": 32, "depth": 5, "clamp": 2.0, "more": 1}},
        {"architecture": {"blocks": 10**9, "growth": 32, "depth": 5, "clamp": 2.0}},
        {"architecture": {"blocks": True, "growth": 32, "depth": 5, "clamp": 2.0}},
        {"architecture": {"blocks": 3, "growth": 32, "depth": 5, "clamp": float("nan")}},
        {"surprise": 1},
    ],
)
def test_a_card_that_is_not_valid_is_refused(copied, change):
    edit(copied, **change)
    with pytest.raises(ModelError):
        Flow.load("copied")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_garbled_card_is_refused(copied, text):
    (copied / "card.json").write_bytes(text)
    with pytest.raises(ModelError, match="card"):
        Flow.load("copied")
