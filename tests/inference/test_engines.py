"""What runs the network: which runtime is chosen, and that all of them do the same work."""

import numpy as np
import pytest
from skimage.data import astronaut

from proface import Flow, ModelError, PictureKey, obfuscators, profiles
from proface.inference import engines
from proface.showcase.demo import SAMPLE
from tests.commandline import check_done, pixels, run, run_process

KEY = PictureKey(bytes(32))
KEYS = [PictureKey(bytes([number] * 32)) for number in range(8)]
LOSS = 0.2
"""Decibels that a runtime may lose in the mean of `KEYS`; by a single key they differ by up to 0.3,
either way, for a value halfway between two levels changes what is hidden around it."""
NAMES = ("cpu", "openvino-float32", "openvino-bfloat16", "cuda", "coreml", "directml")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(engines.VARIABLE, raising=False)


def having(*names):
    """Skip, visibly, where a runtime is missing."""
    for name in names:
        if name not in engines.available():
            pytest.skip(f"{name} is not installed here")


def face(height=112, width=112):
    """NASA's astronaut, public domain; original and blurred."""
    original = np.ascontiguousarray(astronaut()[60 : 60 + height, 169 : 169 + width])
    return original, obfuscators.get("gaussian").apply(original)


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


@pytest.fixture(scope="module")
def by_all():
    """A face protected with all keys by everything that is here, and the face."""
    original, hidden = face()
    here = [name for name in NAMES if name in engines.available()]
    flows = {name: Flow.load("randwr", [name]) for name in here}
    return original, {
        name: [flow.protect(original, hidden, key) for key in KEYS] for name, flow in flows.items()
    }


def mean_psnr(flow, protected, original):
    """Of the face recovered from a picture for each of the keys."""
    pairs = zip(protected, KEYS, strict=True)
    return np.mean([psnr(flow.recover(picture, key), original) for picture, key in pairs])


@pytest.mark.parametrize("name", NAMES)
def test_every_runtime_recovers_what_any_other_protected(name, by_all):
    having(name)
    original, protected = by_all
    expected = mean_psnr(Flow.load("randwr", ["cpu"]), protected["cpu"], original)
    flow = Flow.load("randwr", [name])
    for other, pictures in protected.items():
        assert mean_psnr(flow, pictures, original) > expected - LOSS, other


@pytest.mark.parametrize("profile", [name for name in profiles() if name != "sealed"])
@pytest.mark.parametrize("shape", [(112, 112), (41, 34)])
def test_float32_differs_by_no_more_than_rounding(profile, shape):
    having("openvino-float32")
    original, hidden = face(*shape)
    one, other = (Flow.load(profile, [name]) for name in ("cpu", "openvino-float32"))
    protected = one.protect(original, hidden, KEY)
    difference = one.recover(protected, KEY).astype(int) - other.recover(protected, KEY)
    assert np.abs(difference).max() <= 1
    # Where a value is halfway between two levels, the rest of its patch is rounded otherwise too.
    difference = protected.astype(int) - other.protect(original, hidden, KEY)
    assert np.abs(difference).max() <= 4
    assert np.square(difference).mean() < 2 / 12


def test_a_new_size_of_face_opens_no_new_session(monkeypatch):
    opened = []
    monkeypatch.setattr(engines.Engine, "open", _counting(engines.Engine.open, opened))
    flow = Flow.load("randwr")
    for side in (32, 40, 56):
        original, hidden = face(side, side)
        flow.recover(flow.protect(original, hidden, KEY), KEY)
    assert len(opened) == 2


def _counting(method, calls):
    def counted(*arguments):
        calls.append(arguments)
        return method(*arguments)

    return counted


@pytest.mark.parametrize("name", ["cpu", "CPU", "CPUExecutionProvider"])
def test_the_processor_runs_it_when_asked(name):
    assert Flow.load("randwr", [name]).provider == "CPUExecutionProvider"


def test_without_a_wish_openvino_runs_it_if_it_is_installed():
    chosen = engines.choose()
    assert chosen.runtime == ("openvino" if engines.openvino_installed() else "onnxruntime")
    assert "installed" in chosen.reason


def test_the_variable_counts_where_nothing_is_asked_for(monkeypatch):
    monkeypatch.setenv(engines.VARIABLE, " cpu ,")
    chosen = engines.choose()
    assert (chosen.runtime, chosen.providers) == ("onnxruntime", ("CPUExecutionProvider",))
    assert engines.VARIABLE in chosen.reason
    assert engines.VARIABLE not in engines.choose(["cpu"]).reason
    monkeypatch.setenv(engines.VARIABLE, "abacus")
    with pytest.raises(ModelError, match="'abacus' is not available"):
        Flow.load("randwr")


def test_bfloat16_is_for_models_that_can_do_with_it_and_for_processors_that_have_it():
    having("openvino")
    able = "bfloat16" if engines.has_bfloat16() else "float32"
    assert engines.choose(["openvino"], bfloat16=True).precision == able
    assert engines.choose(["openvino"], bfloat16=False).precision == "float32"
    assert engines.choose(["openvino-bfloat16"], bfloat16=False).precision == "bfloat16"
    assert Flow.load("paper-randwr", ["openvino"]).provider == "OpenVINO (float32)"


def test_a_model_that_can_do_with_bfloat16_recovers_in_float32_all_the_same(monkeypatch):
    having("openvino")
    monkeypatch.setattr(engines, "has_bfloat16", lambda: True)
    original, hidden = face()
    flow = Flow.load("randwr")
    protected = [flow.protect(original, hidden, key) for key in KEYS]
    assert flow.provider == "OpenVINO (bfloat16)"
    assert "recover.onnx in float32" in flow.network.reason
    exact = Flow.load("randwr", ["openvino-float32"])
    recovered = (each.recover(protected[0], KEYS[0]) for each in (flow, exact))
    np.testing.assert_array_equal(*recovered)
    everything_exact = [exact.protect(original, hidden, key) for key in KEYS]
    expected = mean_psnr(exact, everything_exact, original)
    assert mean_psnr(flow, protected, original) > expected - LOSS


def test_the_command_line_goes_from_one_runtime_to_another(tmp_path):
    having("openvino")
    hidden, back = tmp_path / "hidden.png", tmp_path / "back.png"
    said = check_done(
        run("protect", SAMPLE, "-o", hidden, "--provider", "openvino", password="a password")
    )
    assert "OpenVINO" in said
    check_done(run("recover", hidden, "-o", back, "--provider", "cpu", password="a password"))
    assert psnr(pixels(back), pixels(SAMPLE)) > 45


def test_openvino_reports_to_nobody():
    having("openvino")
    code = (
        "import multiprocessing, sys, proface; "
        "proface.Flow.load('randwr', ['openvino']).provider; "
        "sys.exit('openvino_telemetry' in sys.modules or bool(multiprocessing.active_children()))"
    )
    assert run_process(code=code).returncode == 0
