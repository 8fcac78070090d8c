"""The benchmark: its contract is kept, and what it times is the real thing."""

import json

import numpy as np
import pytest
import torch

from proface import obfuscators
from proface.faces import boxes, detector
from proface.files import images
from proface.lab.bench import graphics, machine, photographs, processes
from proface.lab.bench.timing import Timing, in_turn
from proface.lab.bench.unit import shipped_network
from proface.lab.data.pictures import to_tensor
from tests.commandline import check_done, check_refused, run


def test_contestants_run_in_turn_after_warming_up():
    order = []
    timings = in_turn({name: lambda name=name: order.append(name) for name in "ab"}, 3, warm_up=2)
    assert order == ["a", "b"] * 5
    assert [timing.runs for timing in timings.values()] == [3, 3]


def test_a_timing_is_the_median_with_quartiles_for_each_unit_of_work():
    timing = Timing.of([8.0, 2.0, 4.0, 6.0, 10.0], units=2)
    assert (timing.median, timing.quartiles, timing.runs) == (3.0, (2.0, 4.0), 5)


def test_the_machine_is_described_without_its_name():
    import platform

    said = machine.describe()
    assert said["cores"] >= 1
    assert said["versions"]["torch"] == torch.__version__
    assert platform.node() not in json.dumps(said)


def test_the_card_s_unit_blurs_and_hides_as_the_application_does():
    network = shipped_network()
    smooth, key_map = graphics.unit_inputs(seed=0)
    levels = ((smooth[0] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    original = to_tensor(levels[None])
    blurred = to_tensor(obfuscators.get("gaussian").apply(levels, 8)[None])
    with torch.inference_mode():
        expected, _ = network(original, blurred, key_map[:1])
        found = graphics.BlurAndProtect(network)(original, key_map[:1])
    # The application rounds what it blurred to 8 bits.
    assert (found - expected).abs().max() < 3 / 255


def test_half_precision_is_prepared_from_the_same_weights():
    half = graphics.prepared(shipped_network(), torch.bfloat16, torch.device("cpu"), compiled=False)
    assert {each.dtype for each in half.parameters()} == {torch.bfloat16}
    assert next(shipped_network().parameters()).dtype == torch.float32


def test_the_large_photograph_has_a_face_as_large_as_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LARGE", (1200, 800))
    monkeypatch.setattr(processes, "LARGE_FACE", 600)
    processes.write_large(tmp_path / "large.png")
    pixels = images.read(tmp_path / "large.png").pixels
    box = max(boxes.prepare(detector.detect(pixels), 800, 1200, 1.3), key=lambda box: box.height)
    assert box.height == pytest.approx(600, rel=0.15)


def test_the_largest_photographs_are_taken(tmp_path):
    for side in (8, 24, 16):
        path = tmp_path / f"{side}.png"
        path.write_bytes(images.encode(images.read(np.zeros((side, side), np.uint8)), "PNG", None))
    assert [path.stem for path in photographs.largest(tmp_path, 2)] == ["24", "16"]


def test_a_result_is_written_with_what_it_ran_on(tmp_path):
    text = check_done(
        run("lab", "bench", "--out", tmp_path, "--name", "mine", "--part", "graphics")
    )
    said = json.loads((tmp_path / "mine.json").read_text())
    assert {"machine", "seed", "load", "graphics"} == set(said)
    assert said["machine"]["commit"] is None or len(said["machine"]["commit"]) >= 40
    assert "seed 0" in text
    assert (tmp_path / "mine.md").read_text().strip() in text
    if not torch.cuda.is_available():
        assert "not measured, there is no CUDA card" in text


def test_what_cannot_be_measured_is_refused(tmp_path):
    check_refused(run("lab", "bench", "--out", tmp_path / "none"), "no folder")
    wrong = run("lab", "bench", "--out", tmp_path, "--part", "photographs")
    check_refused(wrong, "--photos", code=2)
