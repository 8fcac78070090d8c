"""Many known pairs under one key give it away; with a key of each picture they are of no use."""

import cv2
import numpy as np
import pytest
from skimage import data

from proface import Flow, Key, PasswordError, PictureKey, obfuscators
from proface.keys import FaceKey
from proface.lab.attacks.shared_shuffle import find_shuffle, known_values, likeness, open_with
from proface.lab.evaluation.metrics import psnr
from proface.profile.trained.shuffle import Shuffle

SIDE, KNOWN, UNKNOWN = 24, 300, 10


@pytest.fixture(scope="module")
def flow():
    return Flow.load("randwr")


@pytest.fixture(scope="module")
def pictures():
    """Pieces of photographs, and the same blurred."""
    photographs = [data.astronaut(), data.chelsea(), data.coffee()]
    generator = np.random.default_rng(0)
    pieces = []
    for turn in range(KNOWN + UNKNOWN):
        photograph = photographs[turn % len(photographs)]
        side = int(generator.integers(40, 250))
        top, left = (int(generator.integers(size - side)) for size in photograph.shape[:2])
        piece = photograph[top : top + side, left : left + side]
        pieces.append(cv2.resize(piece, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    blur = obfuscators.get("gaussian")
    return np.stack(pieces), np.stack([blur.apply(piece) for piece in pieces])


def attack(flow, pictures, keys):
    """What the attacker finds: mean PSNR of unknown pictures, correlation with what is kept."""
    (originals, obfuscated), hardened = pictures, flow.hardened
    protected = hardened.protect(originals, obfuscated, keys)
    maps = np.zeros((len(keys), 1, SIDE, SIDE), np.float32)
    payloads, found = hardened.extract(protected, maps)
    values = known_values(hardened, originals, found)
    shuffle = find_shuffle(payloads[:KNOWN], values[:KNOWN])
    unknown = slice(KNOWN, None)
    attacked = zip(payloads[unknown], found[unknown], strict=True)
    opened = np.stack([open_with(hardened, shuffle, *each) for each in attacked])
    read = np.stack([shuffle.undo(payload) for payload in payloads[unknown]])
    scores = {
        name: psnr(each, originals[unknown]).mean()
        for name, each in (
            ("obfuscated", obfuscated[unknown]),
            ("attacked", opened),
            ("right", hardened.recover(protected[unknown], keys[unknown])),
        )
    }
    scores["correlation"] = likeness(read, values[unknown])
    return scores, shuffle


def picture_keys():
    generator = np.random.default_rng(2)
    return [PictureKey.from_bytes(generator.bytes(32)).face(0) for _ in range(KNOWN + UNKNOWN)]


def test_one_face_key_for_many_pictures_gives_the_whole_shuffle_away(flow, pictures):
    key = picture_keys()[0]
    scores, shuffle = attack(flow, pictures, [key] * (KNOWN + UNKNOWN))
    assert scores["attacked"] > scores["right"] - 3 > scores["obfuscated"] + 10
    assert scores["correlation"] > 0.9
    assert shuffle.share_right(flow.hardened.shuffle(key, SIDE, SIDE)) > 0.7


def test_the_same_attack_finds_nothing_where_every_picture_has_a_key(flow, pictures):
    keys = picture_keys()
    scores, shuffle = attack(flow, pictures, keys)
    assert scores["attacked"] < scores["obfuscated"] + 0.1 < scores["right"] - 10
    assert abs(scores["correlation"]) < 0.05
    true = [flow.hardened.shuffle(key, SIDE, SIDE) for key in keys[KNOWN:]]
    assert max(shuffle.share_right(each) for each in true) < 0.01


def test_a_flow_takes_no_key_that_faces_could_share(flow, pictures):
    original, obfuscated = (each[0] for each in pictures)
    master = Key.from_bytes(bytes(32))
    with pytest.raises(PasswordError, match="the key of one picture, and no Key"):
        flow.protect(original, obfuscated, master)
    with pytest.raises(PasswordError, match="the key of one picture, and no Key"):
        flow.recover(obfuscated, master)
    with pytest.raises(PasswordError, match="one face was given for 2 faces"):
        flow.protect(*(each[:2] for each in pictures), FaceKey(bytes(32)))


@pytest.mark.parametrize("count", [576, 575])
def test_a_shuffle_is_found_from_values_alone(count):
    """Without a network: vectors of few strong and many weak values, shuffled alike."""
    generator = np.random.default_rng(1)
    key = FaceKey(bytes(32))
    strengths = generator.exponential(1, count)
    values = (generator.normal(size=(KNOWN, count)) * strengths).astype(np.float32)
    shuffle = Shuffle.draw(key, 16, 16, count)
    payloads = np.stack([shuffle.apply(each) for each in values])
    found = find_shuffle(payloads, values)
    assert found.share_right(shuffle) > 0.99
    assert found.gain == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(found.undo(payloads[0]), values[0], atol=0.1)
