"""Clips for several people: recipients, grants of single faces, other slots."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proface import Access, Grant, Identity, Key, video
from proface.errors import (
    AuthenticityError,
    GrantError,
    ManifestError,
    OutputError,
    PasswordError,
    RecipientError,
    WrongKeyError,
)
from proface.keys import Derivation
from proface.picture.options import KeepingOptions, LookOptions, ProtectOptions
from proface.video import ClipOptions
from proface.video.entries import FrameEntry, read
from tests.video import clips, tampering

PASSWORD = "correct horse"
FRAMES = 13
SEALED = ProtectOptions(keeping=KeepingOptions("sealed"))
ALICE, BOB, EVE = (Identity.generate() for _ in range(3))
OPENERS = (PASSWORD, ALICE, BOB)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces that meet, followed; only ever read. The manifest lies beside."""
    folder = tmp_path_factory.mktemp("protected")
    clip = clips.write(folder / "clip.mkv", clips.draw_two(FRAMES), tones=0)
    access = Access.make(PASSWORD, (*ALICE.recipients, *BOB.recipients))
    video.protect(clip, folder / "out.mkv", access, SEALED, ClipOptions(manifest="detached"))
    return folder / "out.mkv"


@pytest.fixture(scope="module")
def embedded(protected: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of one face that carries its manifest; only ever read."""
    folder = tmp_path_factory.mktemp("embedded")
    drawn = [each.pixels for each in clips.draw(4, 64, 48, 40, (4, 4), 0)]
    clip = clips.write(folder / "clip.mkv", drawn)
    access = Access.make(PASSWORD, ALICE.recipients)
    video.protect(clip, folder / "out.mkv", access, SEALED, faces="whole")
    return folder / "out.mkv"


def entries(clip: Path) -> list[FrameEntry]:
    return [read(line) for line in video.detached_path(clip).read_text().splitlines()[1:-1]]


def pixels(clip: Path) -> list[np.ndarray]:
    return [each for _, each in clips.decode(clip)]


def granted(clip: Path, *faces: int, secret: str | Identity = ALICE) -> Grant:
    return Grant.open(video.grant(clip, secret, faces, EVE.recipients), EVE)


def test_each_of_two_recipients_and_a_password_recover_the_same(
    protected: Path, tmp_path: Path
) -> None:
    results = []
    for number, secret in enumerate(OPENERS):
        back = tmp_path / f"{number}.mkv"
        done = video.recover(protected, back, secret)
        assert (done.key_matched, done.notes) == (True, ())
        assert video.verify(protected, secret).is_authentic
        results.append(pixels(back))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])
    for before, after in zip(pixels(protected.with_name("clip.mkv")), results[0], strict=True):
        assert np.mean((after.astype(float) - before) ** 2) < 255**2 / 10**3.5
    with pytest.raises(WrongKeyError, match="no recipient"):
        video.recover(protected, tmp_path / "eve.mkv", EVE)


def test_who_protects_for_recipients_alone_cannot_recover(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "clip.mkv", [np.full((48, 64, 3), 90, np.uint8)] * 2)
    access = Access.make(None, ALICE.recipients)
    video.protect(clip, tmp_path / "out.mkv", access, SEALED, faces="whole")
    with pytest.raises(WrongKeyError, match="recipients only"):
        video.recover(tmp_path / "out.mkv", tmp_path / "back.mkv", PASSWORD)
    assert video.recover(tmp_path / "out.mkv", tmp_path / "back.mkv", ALICE).faces == 2


@pytest.mark.parametrize("track", [0, 1])
def test_a_grant_opens_one_face_in_all_frames_and_no_other(
    protected: Path, tmp_path: Path, track: int
) -> None:
    video.recover(protected, tmp_path / "whole.mkv", PASSWORD)
    done = video.recover(protected, tmp_path / "one.mkv", granted(protected, track))
    shapes = set()
    opened = 0
    for entry, closed, whole, one in zip(
        entries(protected),
        pixels(protected),
        pixels(tmp_path / "whole.mkv"),
        pixels(tmp_path / "one.mkv"),
        strict=True,
    ):
        expected = closed.copy()
        assert any(track in face.tracks for face in entry.faces)
        for face in entry.faces:
            shapes.add(len(face.tracks))
            window = face.box.window
            assert not np.array_equal(whole[window], closed[window])
            if track in face.tracks:
                expected[window] = whole[window]
                opened += 1
        np.testing.assert_array_equal(one, expected)
    assert shapes == {1, 2}  # alone, and in a region with the other
    assert (done.faces, done.key_matched) == (opened, True)
    assert any("faces are not granted" in note for note in done.notes)
    assert any("with a grant it cannot be checked" in note for note in done.notes)


def test_a_grant_for_both_opens_all(protected: Path, tmp_path: Path) -> None:
    video.recover(protected, tmp_path / "whole.mkv", PASSWORD)
    done = video.recover(protected, tmp_path / "both.mkv", granted(protected, 0, 1, 0))
    assert not any("not granted" in note for note in done.notes)
    np.testing.assert_array_equal(pixels(tmp_path / "whole.mkv"), pixels(tmp_path / "both.mkv"))


def test_the_keys_of_a_grant_open_no_other_region(protected: Path) -> None:
    grant = granted(protected, 1)
    assert grant.face(0) is None
    found = video.verify(protected, grant)
    assert (found.authentic, found.problems) == ("unknown", ())
    alone = sum(face.tracks == (0,) for entry in entries(protected) for face in entry.faces)
    assert found.notes[0].startswith(f"{alone} faces are not granted")


def test_a_key_that_is_shared_is_bound_to_its_frame(protected: Path, tmp_path: Path) -> None:
    clip = tampering.load(protected)
    meets = [
        (time, entry)
        for time, entry in clip.entries
        if any(len(face[6]) == 2 for face in entry["faces"])
    ]
    assert len(meets) >= 2
    (one,), (two,) = meets[0][1]["faces"], meets[1][1]["faces"]
    one[8], two[8] = two[8], one[8]
    second = one[6][1]
    grant = granted(protected, second)
    changed = tampering.save(clip, protected, tmp_path / "clip.mkv")
    with pytest.raises(AuthenticityError, match="face 0 is not authentic"):
        video.recover(changed, tmp_path / "back.mkv", grant)
    done = video.recover(changed, tmp_path / "back.mkv", grant, accept_damage=True)
    assert any("2 faces did not open" in note for note in done.notes)


@pytest.mark.parametrize(
    "name",
    [
        "frame_dropped",
        "faces_called_plain",
        "faces_called_plain_in_a_scene_that_fits",
        "scene_exchanged_around_the_face",
        "one_pixel_of_a_face_and_its_digest",
        "one_pixel_outside_faces_and_its_digest",
        "end_removed",
    ],
)
def test_what_a_grant_notices_too(protected: Path, tmp_path: Path, name: str) -> None:
    clip = tampering.load(protected)
    tampering.TAMPERINGS[name](clip, clip)
    if clip.end is not None:
        tampering.sum_up(clip)
    changed = tampering.save(clip, protected, tmp_path / "clip.mkv")
    grant = granted(protected, 0, 1)
    with pytest.raises(AuthenticityError):
        video.recover(changed, tmp_path / "back.mkv", grant)
    assert video.verify(changed, grant).problems


def test_a_commitment_tells_what_a_trained_profile_would_not(tmp_path: Path) -> None:
    """Such a profile gives something back whatever it is given."""
    drawn = [each.pixels for each in clips.draw(4, 64, 48, 40, (4, 4), 0)]
    clip = clips.write(tmp_path / "clip.mkv", drawn)
    options = ProtectOptions(LookOptions("pixelate"), keeping=KeepingOptions("randwr"))
    out, back = tmp_path / "out.mkv", tmp_path / "back.mkv"
    video.protect(clip, out, PASSWORD, options, ClipOptions(manifest="detached"), faces="whole")
    grant = granted(out, 0, secret=PASSWORD)
    assert video.recover(out, back, grant).faces == 4
    content = tampering.load(out)
    tampering.one_pixel_of_a_face_and_its_digest(content, content)
    tampering.sum_up(content)
    changed = tampering.save(content, out, tmp_path / "changed.mkv")
    with pytest.raises(AuthenticityError, match=r"at 0\.300 s: face 0 is not authentic"):
        video.recover(changed, tmp_path / "other.mkv", grant)


@pytest.mark.parametrize("faces", [(-1,), (2,), (0, 7)])
def test_a_face_that_never_occurs_is_not_granted(protected: Path, faces: tuple[int, ...]) -> None:
    with pytest.raises(GrantError, match=f"no frame of the clip has a face {faces[-1]}"):
        video.grant(protected, PASSWORD, faces, EVE.recipients)


def test_grants_of_clips_that_carry_their_manifest(embedded: Path, tmp_path: Path) -> None:
    assert video.inspect(embedded).tracks == (0,)
    done = video.recover(embedded, tmp_path / "back.mkv", granted(embedded, 0))
    assert done.faces == 4
    with pytest.raises(GrantError, match="has a face 1; the highest is 0"):
        video.grant(embedded, PASSWORD, [1], EVE.recipients)


def test_grants_that_are_refused(protected: Path, embedded: Path, tmp_path: Path) -> None:
    with pytest.raises(GrantError, match="at least one"):
        video.grant(protected, PASSWORD, [], EVE.recipients)
    with pytest.raises(WrongKeyError):
        video.grant(protected, EVE, [0], EVE.recipients)
    with pytest.raises(RecipientError):
        video.grant(protected, PASSWORD, [0], ["age1nobody"])
    other = granted(embedded, 0)
    for action in (video.recover, video.verify):
        arguments = (protected, tmp_path / "back.mkv", other)
        with pytest.raises(GrantError, match="another clip"):
            action(*(arguments if action is video.recover else (protected, other)))
    with pytest.raises(GrantError, match="cannot be granted on"):
        video.grant(embedded, other, [0], EVE.recipients)
    assert not (tmp_path / "back.mkv").exists()


def test_a_grant_for_faces_that_are_gone(protected: Path, tmp_path: Path) -> None:
    grant = granted(protected, 0)
    gone = replace(grant, faces={5: grant.face(0)})
    with pytest.raises(GrantError, match="does not have"):
        video.recover(protected, tmp_path / "back.mkv", gone)


@pytest.mark.parametrize("kind", ["embedded", "protected"])
def test_other_slots(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """No frame is touched; old grants stay good, old secrets do not."""
    clip: Path = request.getfixturevalue(kind)
    grant = granted(clip, 0)
    beside = kind == "protected"
    out = tmp_path / ("new.jsonl" if beside else "new.mkv")
    video.rekey(clip, out, ALICE, Access.make("new password", EVE.recipients))
    if not beside:
        assert clips.packets(out, "video") == clips.packets(clip, "video")
        assert clips.packets(out, "audio") == clips.packets(clip, "audio")
    source = clip if beside else out
    named = {"manifest": out if beside else None}
    back = tmp_path / "back.mkv"
    for secret in ("new password", EVE, grant):
        assert video.recover(source, back, secret, overwrite=True, **named).faces >= 4
    assert video.verify(source, EVE, **named).is_authentic
    for secret in (PASSWORD, ALICE):
        with pytest.raises(WrongKeyError):
            video.recover(source, back, secret, overwrite=True, **named)
    assert video.recover(clip, back, ALICE, overwrite=True).faces >= 4


def test_other_slots_that_are_refused(protected: Path, embedded: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongKeyError):
        video.rekey(embedded, tmp_path / "out.mkv", EVE, "new")
    with pytest.raises(OutputError, match="name for a video"):
        video.rekey(protected, tmp_path / "out.mkv", ALICE, "new")
    with pytest.raises(OutputError, match=r"must be \.mkv"):
        video.rekey(embedded, tmp_path / "out.jsonl", ALICE, "new")
    for clip, out in ((embedded, embedded), (protected, video.detached_path(protected))):
        with pytest.raises(OutputError, match="input itself"):
            video.rekey(clip, out, ALICE, "new", overwrite=True)
    (tmp_path / "taken.mkv").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists already"):
        video.rekey(embedded, tmp_path / "taken.mkv", ALICE, "new")
    with pytest.raises(PasswordError):
        video.rekey(embedded, tmp_path / "out.mkv", ALICE, "")
    assert [each.name for each in tmp_path.iterdir()] == ["taken.mkv"]
    video.rekey(embedded, tmp_path / "taken.mkv", ALICE, "new", overwrite=True)
    assert video.inspect(tmp_path / "taken.mkv").problems == ()


def test_the_paper_s_profiles_have_neither_grants_nor_other_slots(tmp_path: Path) -> None:
    drawn = [each.pixels for each in clips.draw(3, 64, 48, 40, (3, 3), 0)]
    clip = clips.write(tmp_path / "clip.mkv", drawn)
    paper = ProtectOptions(LookOptions("pixelate"), keeping=KeepingOptions("paper-randwr"))
    out, back = tmp_path / "out.mkv", tmp_path / "back.mkv"
    video.protect(clip, out, PASSWORD, paper, ClipOptions(manifest="detached"), faces="whole")
    for action in (
        lambda: video.grant(out, PASSWORD, [0], EVE.recipients),
        lambda: video.rekey(out, tmp_path / "new.jsonl", PASSWORD, "new"),
    ):
        with pytest.raises(ManifestError, match="wraps no key"):
            action()
    access = Access.make(None, EVE.recipients)
    with pytest.raises(RecipientError, match="passwords only"):
        video.protect(clip, tmp_path / "for.mkv", access, paper, faces="whole")
    done = video.recover(out, back, PASSWORD)
    assert (done.key_matched, done.faces) == (None, 3)
    wrong = video.recover(out, tmp_path / "wrong.mkv", "another password")
    assert (wrong.key_matched, wrong.faces) == (None, 3)
    assert pixels(back)[0].tolist() != pixels(tmp_path / "wrong.mkv")[0].tolist()
    assert video.verify(out, PASSWORD).authentic == "unknown"
    header, *lines = map(json.loads, video.detached_path(out).read_text().splitlines())
    assert [slot["kind"] for slot in header["slots"]] == ["direct"]
    assert "tag" not in header
    assert not any("mac" in line for line in lines)
    assert all(line["faces"][0][7:] == ["", []] for line in lines[:-1])


@pytest.mark.parametrize(
    ("wrong", "shown"), [(None, "noise"), ("obfuscated", "obfuscated"), ("noise", "noise")]
)
def test_a_wrong_secret_of_a_trained_profile_shows_noise_or_nothing(
    tmp_path: Path, wrong: str | None, shown: str
) -> None:
    drawn = [each.pixels for each in clips.draw(2, 64, 48, 40, (2, 2), 0)]
    clip = clips.write(tmp_path / "clip.mkv", drawn)
    options = ProtectOptions(LookOptions("pixelate"), keeping=KeepingOptions("randwr"))
    out = tmp_path / "out.mkv"
    video.protect(clip, out, Key.from_bytes(bytes(32)), options, faces="whole")
    seen = []
    for number in range(2):
        back = tmp_path / f"{number}.mkv"
        done = video.recover(out, back, PASSWORD, wrong_recovery=wrong)
        assert (done.key_matched, done.faces, done.frames) == (False, 0, 2)
        assert any("the secret is wrong" in note for note in done.notes)
        seen.append(pixels(back)[0])
    same = np.array_equal(seen[0], pixels(out)[0])
    assert same == (shown == "obfuscated")
    assert np.array_equal(seen[0], seen[1]) == (shown == "obfuscated")
    if shown == "noise":
        assert abs(float(seen[0].mean()) - 127.5) < 5
    with pytest.raises(WrongKeyError):
        video.recover(out, tmp_path / "error.mkv", PASSWORD, wrong_recovery="error")


def test_a_weak_derivation_is_not_tried_unless_allowed(embedded: Path, tmp_path: Path) -> None:
    cheap = Key.derive(PASSWORD, derivation=Derivation(time_cost=1, memory_kib=64, lanes=1))
    weak = tmp_path / "weak.mkv"
    video.rekey(embedded, weak, ALICE, cheap)
    with pytest.raises(PasswordError, match="weak key derivation"):
        video.recover(weak, tmp_path / "back.mkv", PASSWORD)
    done = video.recover(weak, tmp_path / "back.mkv", PASSWORD, allow_weak=True)
    assert done.faces == 4
    assert video.verify(weak, PASSWORD, allow_weak=True).is_authentic
    video.grant(weak, PASSWORD, [0], EVE.recipients, allow_weak=True)
