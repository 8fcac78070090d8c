"""The benchmark's faces from folders that are made like the data sets."""

import hashlib
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.commandline import check_done, check_refused, run


def noise(path, width, height, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    smooth = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(smooth).save(path)
    return path


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    root = tmp_path_factory.mktemp("downloads")
    names = [f"{number:06d}.jpg" for number in range(1, 13)]
    for number, name in enumerate(names):
        noise(root / "celeba" / "img_align_celeba" / name, 178, 218, number)
    parts = "".join(f"{name} {2 if number > 3 else 0}\n" for number, name in enumerate(names))
    (root / "celeba" / "list_eval_partition.txt").write_text(parts)
    people = "".join(f"{name} {number + 50}\n" for number, name in enumerate(names))
    (root / "celeba" / "identity_CelebA.txt").write_text(people)
    for number in range(8):
        person = f"Ann_{'abcd'[number // 2]}"
        noise(root / "lfw" / person / f"{person}_{number % 2:04d}.jpg", 250, 250, number)
        noise(root / "ffhq" / "63000" / f"{62_996 + number}.png", 128, 128, number)
    return root


def arguments(downloads, out, *more):
    sets = [part for name in ("celeba", "lfw", "ffhq") for part in (f"--{name}", downloads / name)]
    return ("lab", "benchmark-set", *sets, "--out", out, *more)


def test_the_same_faces_are_chosen_and_cut_every_time(downloads, tmp_path):
    for turn in ("first", "second"):
        check_done(run(*arguments(downloads, tmp_path / turn, "--count", 4)))
    texts = [(tmp_path / turn / "benchmark.json").read_text() for turn in ("first", "second")]
    assert texts[0] == texts[1]
    sets = json.loads(texts[0])["sets"]
    assert [len(each["pictures"]) for each in sets.values()] == [4, 4, 4]
    for each in sets.values():
        for chosen in each["pictures"]:
            pixels = np.asarray(Image.open(tmp_path / "first" / chosen["file"]))
            assert pixels.shape == (112, 112, 3)
            assert hashlib.sha256(pixels.tobytes()).hexdigest() == chosen["pixels_sha256"]
    files = {path.name for path in (tmp_path / "first" / "ffhq").iterdir()}
    assert files == {f"{number}.png" for number in range(63_000, 63_004)}
    celeba = sets["celeba"]["pictures"]
    assert all(int(each["source"][:6]) > 4 for each in celeba)
    assert all(int(each["identity"]) == int(each["source"][:6]) + 49 for each in celeba)
    # CelebA's faces are its own pixels, not resampled.
    original = np.asarray(Image.open(downloads / "celeba/img_align_celeba" / celeba[0]["source"]))
    cut = np.asarray(Image.open(tmp_path / "first" / celeba[0]["file"]))
    assert np.array_equal(cut, original[66:178, 33:145])


def test_another_seed_chooses_others(downloads, tmp_path):
    names = []
    for seed in (0, 1):
        check_done(run(*arguments(downloads, tmp_path / str(seed), "--count", 3, "--seed", seed)))
        names.append(sorted(path.name for path in (tmp_path / str(seed) / "celeba").iterdir()))
    assert names[0] != names[1]


def test_what_is_no_download_is_named(downloads, tmp_path):
    out = tmp_path / "out"
    call = ("lab", "benchmark-set", "--out", out)
    check_refused(run(*call, "--celeba", downloads / "lfw"), "lacks img_align_celeba", code=2)
    check_refused(run(*call, "--lfw", tmp_path / "none"), "there is no folder", code=2)
    check_refused(run(*call, "--ffhq", downloads / "ffhq"), "1000 pictures are wanted", code=2)
    assert run(*call).exit_code == 2
    noise(tmp_path / "ffhq" / "a" / "63000.png", 128, 128, 0)
    noise(tmp_path / "ffhq" / "b" / "63000.png", 128, 128, 0)
    check_refused(run(*call, "--ffhq", tmp_path / "ffhq"), "have one name", code=2)
    noise(tmp_path / "lfw" / "Bob" / "Bob_0001.jpg", 150, 150, 0)
    check_refused(
        run(*call, "--lfw", tmp_path / "lfw", "--count", 1), "150 x 150", "should be 250 x 250"
    )
    (tmp_path / "celeba" / "img_align_celeba").mkdir(parents=True)
    (tmp_path / "celeba" / "list_eval_partition.txt").write_text("000001.jpg 2\n202599\n")
    check_refused(run(*call, "--celeba", tmp_path / "celeba"), "line 2", "'202599'", code=2)
    (tmp_path / "celeba" / "list_eval_partition.txt").write_text("000001.jpg 2\n")
    refused = run(*call, "--celeba", tmp_path / "celeba", "--count", 1)
    check_refused(refused, "000001.jpg cannot be read")
    assert not out.exists()
    assert not list(tmp_path.glob(".out-*"))


def test_only_a_benchmark_is_replaced(downloads, tmp_path):
    out = tmp_path / "out"
    call = ("lab", "benchmark-set", "--lfw", downloads / "lfw", "--count", 2, "--out", out)
    check_done(run(*call))
    check_refused(run(*call), "allow overwriting")
    check_done(run(*call, "--overwrite"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    check_refused(run(*call[:-1], tmp_path / "mine", "--overwrite"), "holds no benchmark")
    assert (tmp_path / "mine" / "diary.txt").exists()
