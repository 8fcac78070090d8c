"""Stickers of a user's own: folders of all kinds, and what cannot be used."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from proface import ObfuscatorError, obfuscators
from proface.obfuscators.stickers import picture_folder
from tests.obfuscators.stickers.test_sticker import noise
from tests.shared import shared

STICKER = obfuscators.get("sticker")
RED, GREEN, BLUE = (220, 30, 30), (30, 180, 60), (40, 60, 220)
ROOM = 6
"""Levels by which colours make room for what is hidden in them."""


def disc(path: Path, colour=RED, mode="RGBA", size=(120, 120), background=None):
    """A picture of a disc, upon transparency or a background."""
    image = Image.new(mode, size, background or 0)
    box = (size[0] * 0.1, size[1] * 0.1, size[0] * 0.9, size[1] * 0.9)
    ImageDraw.Draw(image).ellipse(box, fill=colour)
    image.save(path)
    return path


def colours(pixels):
    return {tuple(each) for each in np.unique(pixels.reshape(-1, 3), axis=0).tolist()}


@pytest.mark.parametrize("size", [(120, 120), (40, 40), (1500, 1500), (300, 200)])
def test_a_sticker_covers_eyes_nose_and_mouth(tmp_path, size):
    disc(tmp_path / "disc.png", size=size)
    own = STICKER.using(stickers=tmp_path)
    crop = noise(100, 80)
    obfuscated = own.apply(crop)
    points = obfuscators.usual_landmarks(100, 80)[0].astype(int)
    assert np.abs(obfuscated[points[:, 1], points[:, 0]].astype(int) - RED).max() <= ROOM
    np.testing.assert_array_equal(obfuscated[0, 0], crop[0, 0])


def test_of_what_lies_beneath_nothing_is_left_even_under_a_sticker_with_holes(tmp_path):
    image = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 190, 190), fill=(*RED, 120), outline=(*RED, 255), width=20)
    draw.ellipse((80, 80, 120, 120), fill=(0, 0, 0, 0))
    image.save(tmp_path / "ring.png")
    own = STICKER.using(stickers=tmp_path)
    crop = noise(90, 70)
    first, second = own.apply(crop), own.apply(255 - crop)
    obfuscated = ~((first == crop) & (second == 255 - crop)).all(axis=2)
    assert obfuscated[45, 35]
    other = np.where(obfuscated[:, :, None], noise(90, 70, seed=1), crop)
    np.testing.assert_array_equal(first, own.apply(other))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_a_plain_background_does_not_become_a_square(tmp_path, suffix):
    disc(tmp_path / f"disc.{suffix}", BLUE, "RGB", (200, 200), (250, 250, 250))
    obfuscated = STICKER.using(stickers=tmp_path).apply(np.full((100, 100, 3), 90, np.uint8))
    assert (np.abs(obfuscated[40:70, 40:60].astype(int) - BLUE) < 20).all()
    assert obfuscated.max() < 250  # nothing of the background
    assert (obfuscated[:5] == 90).all()


def test_neighbours_differ_and_seeds_repeat(tmp_path):
    for name, colour in (("a", RED), ("b", GREEN), ("c", BLUE)):
        disc(tmp_path / f"{name}.png", colour)
    own = STICKER.using(stickers=tmp_path)
    crop = np.full((40, 40, 3), 90, np.uint8)
    seen = [own.apply(crop, seed=2, face_index=index)[20, 20] for index in range(6)]
    assert len({tuple(each) for each in seen[:3]}) == 3
    np.testing.assert_array_equal(seen[:3], seen[3:])
    assert {tuple(own.apply(crop, seed=seed)[20, 20]) for seed in range(12)} == {
        tuple(each) for each in seen
    }


def test_files_that_are_no_stickers_are_passed_over(tmp_path):
    disc(tmp_path / "z.png", GREEN)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n, and then nothing")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    Image.fromarray(noise(50, 50)).save(tmp_path / "photograph.png")
    own = STICKER.using(stickers=tmp_path)
    for face_index in range(5):
        middle = own.apply(np.full((40, 40, 3), 90, np.uint8), face_index=face_index)[20, 20]
        assert np.abs(middle.astype(int) - GREEN).max() <= ROOM


def fill_with_nothing(folder):
    pass


def fill_with_photographs(folder):
    Image.fromarray(noise(50, 50)).save(folder / "photograph.png")


def fill_with_broken_files(folder):
    (folder / "broken.png").write_bytes(b"\x89PNG")


def fill_with_transparency(folder):
    Image.new("RGBA", (50, 50)).save(folder / "clear.png")


def fill_with_a_bomb(folder):
    Image.new("1", (4200, 4000)).save(folder / "bomb.png")


def fill_with_a_huge_file(folder):
    with (folder / "huge.png").open("wb") as file:
        file.truncate(picture_folder.MAX_FILE_BYTES + 1)


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (fill_with_nothing, "no pictures"),
        (fill_with_photographs, "photograph.png has neither transparency"),
        (fill_with_broken_files, "broken.png cannot be read"),
        (fill_with_transparency, "clear.png is transparent"),
        (fill_with_a_bomb, "bomb.png has"),
        (fill_with_a_huge_file, "huge.png has more than 32 MiB"),
    ],
)
def test_a_folder_without_stickers_is_refused_with_what_to_do(tmp_path, fill, words):
    fill(tmp_path)
    with pytest.raises(ObfuscatorError, match=words) as refusal:
        STICKER.using(stickers=tmp_path)
    assert str(tmp_path) in str(refusal.value)
    assert "transparency" in str(refusal.value)


@pytest.mark.parametrize("name", ["missing", "file.png", "zero\0byte"])
def test_what_is_no_folder_is_refused(tmp_path, name):
    disc(tmp_path / "file.png")
    with pytest.raises(ObfuscatorError, match=r"folder|cannot read"):
        STICKER.using(stickers=tmp_path / name)


def test_a_large_folder_is_not_decoded_at_once(tmp_path, monkeypatch):
    disc(tmp_path / "0.png")
    for number in range(1, 300):
        shutil.copy(tmp_path / "0.png", tmp_path / f"{number}.png")
    opened = []
    really = Image.open
    monkeypatch.setattr(
        Image,
        "open",
        lambda path, *more, **named: opened.append(path) or really(path, *more, **named),
    )
    own = STICKER.using(stickers=tmp_path)
    for face_index in range(3):
        own.apply(noise(30, 30), face_index=face_index)
    assert len(opened) <= 4


def test_a_sticker_in_memory_stands_in_for_files_that_have_gone(tmp_path):
    for name in ("a.png", "b.png"):
        disc(tmp_path / name)
    own = STICKER.using(stickers=tmp_path)
    shutil.rmtree(tmp_path)
    own.apply(noise(20, 20), face_index=0)
    own.apply(noise(20, 20), face_index=1)


def test_googles_cartoonset_as_downloaded():
    own = STICKER.using(stickers=shared("stickers"))
    crop = np.full((370, 290, 3), (90, 140, 200), np.uint8)
    for face_index in range(30):
        obfuscated = own.apply(crop, face_index=face_index)
        inner = obfuscated[100:300, 80:210]
        assert (inner != crop[0, 0]).any(axis=2).mean() > 0.99, face_index
