"""``proface doctor``: what it says is so."""

import json

import pytest

from proface import Flow, profiles
from proface.inference import engines
from tests.commandline import check_done, run


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(engines.VARIABLE, raising=False)


def test_it_tells_what_runs_each_profile():
    said = json.loads(check_done(run("doctor", "--json")))
    assert said["sound"] is True
    uses = {use["name"]: use["runs_on"] for use in said["uses"]}
    assert set(uses) == {*profiles(), "detector"}
    assert uses["randwr"] == Flow.load("randwr").provider
    assert uses["detector"] == "CPUExecutionProvider"
    assert said["providers"] == engines.available()


def test_it_tells_runtimes_and_extras():
    said = json.loads(check_done(run("doctor", "--json")))
    runtimes = {each["name"]: each["version"] for each in said["runtimes"]}
    assert runtimes["onnxruntime"]
    assert (runtimes["openvino"] is not None) == engines.openvino_installed()
    extras = {each["name"]: each["missing"] for each in said["extras"]}
    assert {"lab", "serve", "video", "openvino", "ray"} <= set(extras)
    assert (extras["openvino"] == []) == engines.openvino_installed()


def test_people_read_the_same():
    text = check_done(run("doctor"))
    for word in ("randwr", Flow.load("randwr").provider, "onnxruntime", "[lab]", "sealed"):
        assert word in text


def test_a_variable_is_obeyed_and_told(monkeypatch):
    monkeypatch.setenv(engines.VARIABLE, "cpu")
    text = check_done(run("doctor"))
    assert f"CPUExecutionProvider: the variable {engines.VARIABLE} asks for it" in text
    assert f"{engines.VARIABLE}=cpu" in text


def test_what_is_broken_is_told_with_exit_code_1(monkeypatch, tmp_path):
    monkeypatch.setenv(engines.VARIABLE, "abacus")
    result = run("doctor")
    assert result.exit_code == 1
    assert "BROKEN: the provider 'abacus' is not available" in result.stdout
    monkeypatch.setenv("PROFACE_WEIGHTS", str(tmp_path / "missing"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "is no folder" in result.stdout
