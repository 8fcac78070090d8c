"""What is noticed of all that somebody without the key can do to a protected clip."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from proface import Access, Key, video
from proface.errors import (
    AuthenticityError,
    DamagedPictureError,
    IdentityError,
    ManifestError,
    WrongKeyError,
)
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video import ClipOptions
from tests.video import clips, tampering

KEY = Key.from_bytes(bytes(range(32)))
BOX = {"x": 10, "y": 6, "width": 40, "height": 36}
SEALED = ProtectOptions(keeping=KeepingOptions("sealed"))
COUNT = 9
VARIANTS = {
    "embedded": {},
    "detached": {"manifest": "detached"},
    "part": {"start": Fraction(3, 10), "end": Fraction(12, 10)},
    "key frames": {"key_frames": 3},
    "without sound": {"no_audio": True, "codec": "x264"},
}


def write_signer(folder: Path, name: str) -> tuple[Path, Path]:
    """A private and a public key in PEM files."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_signer(tmp_path_factory.mktemp("signer"), "sign")


@pytest.fixture(scope="module")
def protected(
    tmp_path_factory: pytest.TempPathFactory, signers: tuple[Path, Path]
) -> dict[str, tuple[Path, Path]]:
    """Two protected clips of the same frames for each variant; only ever read."""
    folder = tmp_path_factory.mktemp("protected")
    drawn = [each.pixels for each in clips.draw(14, 64, 48, 40, (14, 14), 0)]
    source = clips.write(folder / "clip.mkv", drawn)
    access = Access.make(KEY, sign_key=signers[0])
    found = {}
    for name, options in VARIANTS.items():
        count = COUNT if "start" in options else len(drawn)
        frames = [
            {"frame": number, "faces": [] if number == tampering.FACELESS else [BOX]}
            for number in range(count)
        ]
        (folder / "boxes.json").write_text(json.dumps({"frames": frames}))
        made = []
        for number in range(2):
            out = folder / f"{name} {number}.mkv"
            video.protect(
                source, out, access, SEALED, ClipOptions(**options), faces=folder / "boxes.json"
            )
            made.append(out)
        found[name] = tuple(made)
    return found


def recover(clip: Path, **options: object) -> video.RecoveredClip:
    return video.recover(clip, clip.with_name("back.mkv"), KEY, overwrite=True, **options)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("again", [False, True])
def test_an_untouched_clip_is_authentic(
    protected: dict[str, tuple[Path, Path]],
    signers: tuple[Path, Path],
    tmp_path: Path,
    variant: str,
    again: bool,
) -> None:
    """As it is, and taken apart and put together again, as all are below that are changed."""
    clip = protected[variant][0]
    if again:
        clip = tampering.save(tampering.load(clip), clip, tmp_path / "clip.mkv")
    found = video.verify(clip, KEY, signer=signers[1])
    assert found.is_authentic
    assert (found.authentic, found.scene, found.signature) == ("yes", "unchanged", "valid")
    assert (found.problems, found.notes) == ((), ())
    back = video.recover(clip, tmp_path / "back.mkv", KEY)
    assert back.key_matched is True
    assert back.faces == found.faces > 2
    assert back.frames + back.left_out == found.frames
    assert [note for note in back.notes if "key" not in note and "th frame" not in note] == []
    told = video.verify(clip, signer=signers[1])
    assert (told.authentic, told.signature, told.problems) == ("unknown", "valid", ())
    assert not told.is_authentic
    assert video.inspect(clip).problems == ()


@pytest.mark.parametrize("manifest", ["embed", "detached"])
@pytest.mark.parametrize(
    ("times", "base"),
    [
        ([*range(8)], Fraction(1, 2000)),  # faster than Matroska counts
        ([1001 * number for number in range(8)], Fraction(1, 30000)),
        ([-300 + 100 * number for number in range(8)], Fraction(1, 1000)),
        ([0, 1, 2, 3, 6000, 6001, 12000, 90000], Fraction(1, 12000)),
    ],
)
def test_odd_times_are_no_finding(
    tmp_path: Path, manifest: str, times: list[int], base: Fraction
) -> None:
    drawn = [each.pixels for each in clips.draw(8, 64, 48, 40, (8, 8), 0)]
    clip = clips.write(tmp_path / "clip.mp4", drawn, times=times, time_base=base, tones=0)
    out = tmp_path / "out.mkv"
    video.protect(clip, out, KEY, SEALED, ClipOptions(manifest=manifest), faces="whole")
    assert video.verify(out, KEY).is_authentic
    assert recover(out).notes == ()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", tampering.TAMPERINGS)
def test_what_is_done_to_a_clip_is_noticed(
    protected: dict[str, tuple[Path, Path]],
    signers: tuple[Path, Path],
    tmp_path: Path,
    variant: str,
    name: str,
) -> None:
    clip, other = protected[variant]
    content = tampering.load(clip)
    tampering.TAMPERINGS[name](content, tampering.load(other))
    changed = tampering.save(content, clip, tmp_path / "clip.mkv")
    with pytest.raises(AuthenticityError):
        recover(changed)
    assert not (tmp_path / "back.mkv").exists()
    found = video.verify(changed, KEY, signer=signers[1])
    assert not found.is_authentic
    assert found.problems
    if name not in tampering.NOT_SIGNED:
        assert video.verify(changed, signer=signers[1]).problems
    header = "header" in name or "slots" in name
    try:
        done = recover(changed, accept_damage=True)
    except AuthenticityError:
        assert header or name == "entries_of_another_clip"
    else:
        assert not header
        assert done.faces >= 1
        assert done.notes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("frame_dropped", "missing at 0.300 s"),
        ("frame_duplicated", "the frame at 0.310 s has no entry"),
        ("two_frames_exchanged", "the frame at 0.300 s was changed"),
        ("faces_called_plain", "the frame at 0.300 s is not authentic"),
        ("entry_deleted", "the frame at 0.300 s has no entry"),
        ("one_pixel_of_a_frame_without_faces", "the frame at 0.400 s was changed"),
        ("end_removed", "no end record; the last frame is at 1.300 s"),
    ],
)
def test_what_was_done_is_told_with_its_time(
    protected: dict[str, tuple[Path, Path]], tmp_path: Path, name: str, words: str
) -> None:
    clip, other = protected["embedded"]
    content = tampering.load(clip)
    tampering.TAMPERINGS[name](content, tampering.load(other))
    changed = tampering.save(content, clip, tmp_path / "clip.mkv")
    with pytest.raises(AuthenticityError) as caught:
        recover(changed)
    assert words in str(caught.value)
    assert any(words in each for each in video.verify(changed, KEY).problems)


def test_after_a_missing_frame_the_others_are_known_again(
    protected: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    clip, other = protected["embedded"]
    content = tampering.load(clip)
    tampering.frame_dropped_with_its_entry(content, other)
    changed = tampering.save(content, clip, tmp_path / "clip.mkv")
    found = video.verify(changed, KEY)
    assert sum("not authentic" in each for each in found.problems) == 1
    assert not any("times in all" in each for each in found.problems)


def test_nothing_stands_behind_the_end(
    protected: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    clip = protected["detached"][0]
    text = video.detached_path(clip).read_text()
    longer = tmp_path / "longer.jsonl"
    longer.write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(AuthenticityError, match="behind its end"):
        video.recover(clip, tmp_path / "back.mkv", KEY, manifest=longer)
    assert video.verify(clip, KEY, manifest=longer).authentic == "no"


def test_an_entry_that_is_garbled_is_a_finding(
    protected: dict[str, tuple[Path, Path]], tmp_path: Path
) -> None:
    clip = protected["detached"][0]
    content = tampering.load(clip)
    content.entries[3][1]["note"] = "unknown"
    changed = tampering.save(content, clip, tmp_path / "clip.mkv")
    with pytest.raises(ManifestError, match="unknown field 'note'"):
        recover(changed)
    found = video.verify(changed, KEY)
    assert (found.authentic, found.is_authentic) == ("no", False)
    assert "unknown field 'note'" in found.problems[0]


def test_a_clip_that_was_resized(protected: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    clip = protected["detached"][0]
    small = tmp_path / "small.mkv"
    clips.write(small, [pixels[:40, :60] for _, pixels in clips.decode(clip)])
    beside = video.detached_path(clip)
    with pytest.raises(DamagedPictureError, match="resized"):
        recover(small, manifest=beside)
    found = video.verify(small, KEY, manifest=beside)
    assert (found.authentic, found.scene, found.is_authentic) == ("yes", "changed", False)
    assert "resized" in found.problems[0]


def test_wrong_secrets_are_said(protected: dict[str, tuple[Path, Path]]) -> None:
    clip = protected["embedded"][0]
    with pytest.raises(WrongKeyError):
        video.verify(clip, Key.from_bytes(bytes(32)))
    with pytest.raises(WrongKeyError):
        video.verify(clip, "a password")


def test_who_signed_is_known(
    protected: dict[str, tuple[Path, Path]], signers: tuple[Path, Path], tmp_path: Path
) -> None:
    clip = protected["detached"][0]
    _, other = write_signer(tmp_path, "other")
    assert video.verify(clip, KEY).signature == "unknown signer"
    found = video.verify(clip, KEY, signer=other)
    assert (found.signature, found.is_authentic) == ("another signer", False)
    assert "somebody else signed the clip" in found.problems
    content = tampering.load(clip)
    del content.end["signature"]
    bare = tampering.save(content, clip, tmp_path / "bare.mkv")
    found = video.verify(bare, signer=signers[1])
    assert found.signature == "missing"
    assert "nobody signed the clip, though a signer was named" in found.problems
    assert video.verify(bare, KEY).authentic == "no"
    with pytest.raises(IdentityError):
        video.verify(clip, KEY, signer=tmp_path / "none.pem")
