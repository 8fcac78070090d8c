"""The demonstration: its files, its figures, its sheet."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from proface.errors import NoFaceError, OutputError
from proface.profile.quality import psnr
from proface.showcase import demo
from tests.commandline import check_done, check_refused, contents, pixels, run, write_face


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, demo.Demonstration]:
    folder = tmp_path_factory.mktemp("demonstration")
    face = write_face(folder / "face.png")
    return face, demo.run(folder / "out", face)


def test_the_files_are_the_pictures(done: tuple[Path, demo.Demonstration]) -> None:
    face, result = done
    assert {path.name for path in result.sheet.parent.iterdir()} == {
        "protected.png",
        "recovered.png",
        "wrong-password.png",
        "sheet.png",
    }
    [box] = result.faces
    original, recovered = pixels(face)[box.window], pixels(result.recovered)[box.window]
    assert psnr(recovered, original) == pytest.approx(result.figures.recovered)
    wrong = pixels(result.wrong)[box.window]
    assert psnr(wrong, original) == pytest.approx(result.figures.wrong_original)
    largest = np.abs(recovered.astype(int) - original).max()
    assert largest == result.figures.largest


def test_the_figures_are_good(done: tuple[Path, demo.Demonstration]) -> None:
    figures = done[1].figures
    assert figures.protected > 36
    assert figures.recovered > 38
    assert figures.wrong_original < 14
    assert figures.obfuscated < 30
    assert figures.identical_outside


def test_the_sheet_shows_the_pictures_enlarged(done: tuple[Path, demo.Demonstration]) -> None:
    sheet = pixels(done[1].sheet)
    assert sheet.shape[1] > 6 * 300
    assert (sheet[0] == 255).all()
    assert (sheet[:, 0] == 255).all()
    # The row of the face: each column differs from the one before it.
    columns = np.array_split(sheet, 6, axis=1)
    assert all(
        np.abs(first[:, :300].astype(int) - second[:, :300]).mean() > 0.1
        for first, second in zip(columns[1:], columns[:-1], strict=True)
    )


def test_sheet_has_a_row_for_each_of_at_most_four_faces() -> None:
    rng = np.random.default_rng(0)
    view = rng.integers(0, 256, (120, 200, 3), dtype=np.uint8)
    boxes = [demo.Box(40 * index, 10, 20, 20) for index in range(5)]
    figures = demo.Figures(10.0, 40.0, 41.0, 9.0, 9.0, 12, True)
    heights = [
        demo.draw_sheet([view] * 5, boxes[:count], figures, "title").height for count in range(1, 6)
    ]
    steps = np.diff(heights)
    assert (steps[:3] == steps[0]).all()
    assert steps[0] > 300
    assert steps[3] == 0


@pytest.mark.parametrize("shape", [(8, 8), (900, 20), (20, 900), (1000, 1000)])
def test_sheet_takes_any_shape(shape: tuple[int, int]) -> None:
    view = np.zeros((*shape, 3), np.uint8)
    figures = demo.Figures(10.0, 40.0, 41.0, 9.0, 9.0, 12, True)
    box = demo.Box(0, 0, shape[1], shape[0])
    sheet = demo.draw_sheet([view] * 5, [box], figures, "title")
    assert sheet.width < 2500
    assert sheet.height < 2500


def test_a_picture_without_a_face_writes_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "grey.png")
    before = contents(tmp_path)
    with pytest.raises(NoFaceError):
        demo.run(tmp_path / "out", tmp_path / "grey.png")
    assert not (tmp_path / "out").exists()
    check_refused(run("demo", tmp_path / "grey.png", "-o", tmp_path / "out"), "no face", code=4)
    assert contents(tmp_path) == before


def test_earlier_files_are_kept(tmp_path: Path) -> None:
    (tmp_path / "sheet.png").write_text("mine")
    with pytest.raises(OutputError, match=r"sheet\.png"):
        demo.run(tmp_path)
    assert contents(tmp_path) == {"sheet.png": b"mine"}


def test_the_sample_runs_from_the_command_line(tmp_path: Path) -> None:
    said = check_done(run("demo", "-o", tmp_path / "out", "--obfuscator", "median"))
    for word in ("astronaut", "1 face", "median", "dB to the original", "identical", "sheet.png"):
        assert word in said
    check_refused(run("demo", "-o", tmp_path / "out"), "exists")
