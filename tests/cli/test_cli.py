"""The command line from outside: protect, recover, inspect, profiles, passwords, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import proface
from proface import obfuscators
from proface.cli import options as shared_options
from proface.cli.console import printable
from proface.picture import options
from tests.commandline import (
    check_done,
    check_refused,
    contents,
    pixels,
    prompt_with,
    run,
    run_process,
    write_face,
)

PASSWORD = "Grüße, 世界"


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


@pytest.fixture(scope="module")
def protected(face: Path) -> Path:
    """The face, protected once for every test that only reads it."""
    out = face.with_name("protected.png")
    check_done(run("protect", face, "-o", out, password=PASSWORD))
    return out


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = np.mean((first.astype(float) - second) ** 2)
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)


def window(box: dict[str, int]) -> tuple[slice, slice]:
    return np.s_[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]


def test_forth_and_back_with_json(face: Path, tmp_path: Path) -> None:
    hidden, back = tmp_path / "hidden.png", tmp_path / "back.png"
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")

    said = json.loads(
        check_done(run("protect", face, "-o", hidden, "--password-file", secret, "--json"))
    )
    assert said["file"] == str(hidden)
    assert said["manifest"] is None
    assert said["profile"] == "randwr"
    assert said["obfuscator"] == "gaussian"
    assert said["provider"] == proface.Flow.load("randwr").provider
    assert said["seconds"] > 0
    [box] = said["faces"]

    told = json.loads(
        check_done(run("recover", hidden, "-o", back, "--password-file", secret, "--json"))
    )
    assert told["faces"] == [box]

    original = pixels(face)
    inside = np.zeros(original.shape[:2], bool)
    inside[window(box)] = True
    for picture in (hidden, back):
        np.testing.assert_array_equal(pixels(picture)[~inside], original[~inside])
    assert psnr(pixels(hidden)[inside], original[inside]) < 30
    assert psnr(pixels(back)[inside], original[inside]) > 38


def test_human_words_name_what_was_done(face: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    said = check_done(
        run("protect", face, "-o", out, "--obfuscator", "pixelate", password=PASSWORD)
    )
    for word in (
        str(out),
        "1 face",
        "with randwr",
        "pixelate",
        proface.Flow.load("randwr").provider,
        " s on",
    ):
        assert word in said


def test_the_paper_profile_warns_on_standard_error_only(face: Path, tmp_path: Path) -> None:
    options = ("--json", "--profile", "paper-randwr")
    result = run("protect", face, "-o", tmp_path / "out.png", *options, password=PASSWORD)
    assert result.stderr.startswith("note: ")
    assert "does not keep" in result.stderr
    json.loads(result.stdout)


def test_the_profile_by_default_is_the_library_s() -> None:
    assert shared_options.DEFAULT_PROFILE == options.DEFAULT_PROFILE


def test_detached_manifest_is_found_beside_or_by_name(face: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden.png"
    said = check_done(
        run("protect", face, "-o", hidden, "--manifest", "detached", password=PASSWORD)
    )
    manifest = tmp_path / "hidden.png.proface.json"
    assert str(manifest) in said
    assert b"proface" not in hidden.read_bytes()

    check_done(run("recover", hidden, "-o", tmp_path / "beside.png", password=PASSWORD))
    elsewhere = manifest.rename(tmp_path / "kept.json")
    named = tmp_path / "named.png"
    check_done(run("recover", hidden, "-o", named, "--manifest", elsewhere, password=PASSWORD))
    np.testing.assert_array_equal(pixels(named), pixels(tmp_path / "beside.png"))


def test_boxes_are_taken_as_given(face: Path, tmp_path: Path) -> None:
    boxes = [{"x": 20, "y": 30, "width": 40, "height": 50}]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    out = tmp_path / "out.png"
    arguments = ("--boxes", tmp_path / "boxes.json", "--json")
    said = check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    assert json.loads(said)["faces"] == boxes


def test_inspection_can_be_used_as_boxes(face: Path, protected: Path, tmp_path: Path) -> None:
    inspected = check_done(run("inspect", protected, "--json"))
    (tmp_path / "boxes.json").write_text(inspected)
    out = tmp_path / "out.png"
    arguments = ("--boxes", tmp_path / "boxes.json", "--json")
    said = check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
    faces = json.loads(inspected)["faces"]
    for each in faces:
        del each["members"]
    assert json.loads(said)["faces"] == faces


def test_the_whole_picture_can_be_one_face(face: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    said = check_done(
        run("protect", face, "-o", out, "--faces", "whole", "--json", password=PASSWORD)
    )
    assert json.loads(said)["faces"] == [{"x": 0, "y": 0, "width": 240, "height": 240}]


def test_a_threshold_that_nothing_reaches_finds_no_face(face: Path, tmp_path: Path) -> None:
    result = run(
        "protect", face, "-o", tmp_path / "out.png", "--thresh", "0.999", password=PASSWORD
    )
    check_refused(result, "no face", code=4)


def test_mask_scale_enlarges_what_is_hidden(face: Path, tmp_path: Path) -> None:
    areas = []
    for scale in ("1", "1.5"):
        out = tmp_path / f"{scale}.png"
        arguments = ("--mask-scale", scale, "--json")
        said = check_done(run("protect", face, "-o", out, *arguments, password=PASSWORD))
        [box] = json.loads(said)["faces"]
        areas.append(box["width"] * box["height"])
    assert areas[1] > 1.5 * areas[0]


def test_inspect_tells_faces_profile_and_size(protected: Path) -> None:
    found = json.loads(check_done(run("inspect", protected, "--json")))
    assert (found["width"], found["height"]) == (240, 240)
    assert found["profile"] == "randwr"
    assert found["recoverable"] is True
    assert found["problems"] == []
    [box] = found["faces"]
    assert set(box) == {"x", "y", "width", "height", "members"}

    words = check_done(run("inspect", protected))
    for word in ("240 x 240", "randwr", "gaussian", "yes", f"at {box['x']}, {box['y']}"):
        assert word in words


def test_profiles_lists_what_is_installed() -> None:
    listed = json.loads(check_done(run("profiles", "--json")))["profiles"]
    assert {"paper-randwr", "paper-obfswr", "randwr", "obfswr", "sealed"} <= {
        profile["name"] for profile in listed
    }
    assert {profile["name"] for profile in listed} == set(proface.profiles())
    assert "paper-randwr" in check_done(run("profiles"))


def test_help_names_the_library_s_defaults_and_obfuscators() -> None:
    text = " ".join(check_done(run("protect", "--help")).split())
    for fact in (options.DEFAULT_PROFILE, options.DEFAULT_OBFUSCATOR, *obfuscators.names()):
        assert fact in text
    for default in (options.DEFAULT_THRESHOLD, options.DEFAULT_MASK_SCALE):
        assert f"({default})" in text


# Passwords


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_file_stdin_and_variable_give_the_same_password(
    protected: Path, tmp_path: Path, ending: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes((PASSWORD + ending).encode())
    outs = [tmp_path / f"{number}.png" for number in range(3)]
    check_done(run("recover", protected, "-o", outs[0], "--password-file", secret))
    check_done(
        run("recover", protected, "-o", outs[1], "--password-stdin", stdin=PASSWORD + ending)
    )
    check_done(run("recover", protected, "-o", outs[2], password=PASSWORD))
    assert outs[0].read_bytes() == outs[1].read_bytes() == outs[2].read_bytes()


def test_an_option_wins_over_the_variable(protected: Path, tmp_path: Path) -> None:
    outs = [tmp_path / f"{number}.png" for number in range(2)]
    check_done(run("recover", protected, "-o", outs[0], password=PASSWORD))
    arguments = ("--password-stdin",)
    check_done(
        run("recover", protected, "-o", outs[1], *arguments, stdin=PASSWORD, password="other")
    )
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_a_second_line_in_the_password_file_is_pointed_out(protected: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\nmore\n", encoding="utf-8")
    result = run("recover", protected, "-o", tmp_path / "out.png", "--password-file", secret)
    check_done(result)
    assert "more than one line" in result.stderr


def test_two_password_options_are_wrong_usage(protected: Path, tmp_path: Path) -> None:
    arguments = ("--password-stdin", "--password-file", tmp_path / "secret")
    result = run("recover", protected, "-o", tmp_path / "out.png", *arguments)
    check_refused(result, "not both", code=2)


def test_no_password_and_no_terminal_is_wrong_usage(protected: Path, tmp_path: Path) -> None:
    result = run_process("recover", protected, "-o", tmp_path / "out.png")
    assert result.returncode == 2
    assert result.stdout == ""
    for way in ("--password-file", "--password-stdin", "PROFACE_PASSWORD"):
        assert way in result.stderr
    assert contents(tmp_path) == {}


def test_a_prompt_asks_twice_before_protecting_and_hides_the_answer(
    face: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    code, shown = prompt_with(["tulip", "tulip"], "protect", face, "-o", out)
    assert code == 0, shown
    assert "tulip" not in shown
    code, shown = prompt_with(["tulip"], "recover", out, "-o", tmp_path / "back.png")
    assert code == 0, shown
    assert psnr(pixels(tmp_path / "back.png"), pixels(face)) > 38


@pytest.mark.parametrize(
    ("answers", "words"), [(["tulip", "tulips"], "differ"), ([""], "empty"), (["\x04"], "given")]
)
def test_a_prompt_refuses_answers(
    face: Path, tmp_path: Path, answers: list[str], words: str
) -> None:
    code, shown = prompt_with(answers, "protect", face, "-o", tmp_path / "out.png")
    assert code == 1
    assert words in shown
    assert "Traceback" not in shown
    assert contents(tmp_path) == {}


def test_ctrl_c_at_the_prompt_ends_quietly(face: Path, tmp_path: Path) -> None:
    code, shown = prompt_with(["\x03"], "protect", face, "-o", tmp_path / "out.png")
    assert code == 130
    assert "Traceback" not in shown


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("--boxes", "boxes.json", "--faces", "auto"),
        ("--boxes", "boxes.json", "--thresh", "0.5"),
        ("--faces", "whole", "--mask-scale", "2"),
    ],
)
def test_contradicting_options_are_wrong_usage(
    face: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = run("protect", face, "-o", tmp_path / "out.png", *arguments, password=PASSWORD)
    check_refused(result, "--", code=2)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("protect",),
        ("vanish",),
        ("protect", "face.png"),
        ("protect", "face.png", "-o", "out.png", "--faces", "some"),
        ("protect", "face.png", "-o", "out.png", "--thresh", "low"),
        ("protect", "face.png", "-o", "out.png", "--manifest", "engraved"),
        ("protect", "face.png", "-o", "out.png", "--strength", "strong"),
        ("protect", "face.png", "-o", "out.png", "--password", "tulip"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments, password=PASSWORD).exit_code == 2


def test_version_and_help_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom proface.cli import main\n"
        "try:\n    main()\nfinally:\n"
        "    heavy = {'numpy', 'cv2', 'PIL', 'onnxruntime', 'torch'} & set(sys.modules)\n"
        "    print('heavy:', sorted(heavy))\n"
    )
    version = run_process("--version", code=code)
    assert version.stdout == f"proface {proface.__version__}\nheavy: []\n"
    helped = run_process("--help", code=code)
    assert helped.stdout.endswith("heavy: []\n")
    for command in (
        *("protect", "recover", "inspect", "verify", "keygen", "grant", "rekey"),
        *("profiles", "obfuscators", "demo", "lab"),
    ):
        assert f"  {command} " in helped.stdout


def test_the_laboratory_without_torch_says_what_to_install() -> None:
    code = "import sys\nsys.modules['torch'] = None\nfrom proface.cli import main\nmain()"
    result = run_process("lab", "train", "--help", code=code)
    assert result.returncode == 1
    assert result.stderr == "proface: The laboratory needs torch: pip install 'proface[lab]'\n"
    assert result.stdout == ""


def test_the_laboratory_gets_its_own_arguments() -> None:
    pytest.importorskip("torch")
    helped = run("lab", "evaluate", "--help")
    assert "proface lab evaluate" in check_done(helped)
    assert "--crop" in helped.stdout
    assert run("lab", "evaluate", "--no-such-option").exit_code == 2


def test_a_reader_that_leaves_causes_no_traceback(protected: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "proface", "inspect", protected],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == ""
    process.wait()


def test_file_names_beyond_the_terminal_s_encoding(protected: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD, encoding="utf-8")
    code = "import sys; sys.stdout.reconfigure(encoding='latin-1', errors='strict')\n"
    code += "from proface.cli import main; main()"
    arguments = ("--password-file", tmp_path / "secret")
    result = run_process("recover", protected, "-o", tmp_path / "世.png", *arguments, code=code)
    assert result.returncode == 0, result.stderr
    assert "\\u4e16.png: 1 face recovered" in result.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_cannot_be_written_to_is_one_line(protected: Path) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "proface", "inspect", protected],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith("proface: ")
    assert result.stderr.count("\n") == 1


def test_control_characters_never_reach_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc\u202ed\udcff é 世界") == (r"a\x1b[31mb\nc\u202ed\udcff é 世界")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--profile", "magic"), 1),
        (("--obfuscator", "magic"), 1),
        (("--carrier", "file"), 2),
        (("--bits", "2"), 2),
    ],
)
def test_what_cannot_be_done_is_said_before_a_password_is_asked_for(
    face: Path, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    # There is neither a password nor a terminal to ask for one.
    result = run("protect", face, "-o", tmp_path / "out.png", *arguments)
    assert "password" not in result.stderr
    check_refused(result, code=code)
