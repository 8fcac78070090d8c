"""A few seconds of the fuzzers, and that they can fail."""

import pytest

from proface import ManifestError
from tests.fuzz import once_failed, runner
from tests.fuzz.samples import samples

CORPUS = once_failed.corpus()
[DETACHED] = [each for each in samples() if each.name == "detached.mkv"]


@pytest.mark.parametrize("sample", [pytest.param(each, id=name) for name, each in CORPUS])
def test_what_once_failed_is_refused_or_works(sample, tmp_path):
    failure = runner.attempt(0, sample, tmp_path)
    assert failure is None, failure.error


@pytest.mark.parametrize("seed", range(0, 120, 20))
def test_damaged_files_are_refused_or_work(seed, tmp_path):
    for each in range(seed, seed + 20):
        failure = runner.attempt(each, runner.case(each), tmp_path)
        assert failure is None, f"python dev.py fuzz --seed {each} --cases 1\n{failure.error}"


UNPROTECTED = ("plain", "alpha", "palette", "deep", "progressive", "cmyk", "packed")


@pytest.mark.parametrize("sample", [pytest.param(each, id=each.name) for each in samples()])
def test_good_files_pass_every_step(sample, tmp_path):
    """So that damage has something to break."""
    if sample.name.startswith(UNPROTECTED) or sample == DETACHED:
        with pytest.raises(ManifestError, match="carries no proface manifest"):
            runner.use(sample, tmp_path / "at-work")
    else:
        runner.use(sample, tmp_path / "at-work")


def test_a_seed_gives_the_same_file_again():
    for seed in range(40):
        assert runner.case(seed) == runner.case(seed)
    assert len({runner.case(seed).data for seed in range(40)}) > 35


@pytest.mark.parametrize("error", [ValueError("boom"), runner.ProfaceError("")])
def test_another_exception_is_a_failure_and_its_file_is_kept(error, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(runner.images, "read", fail)
    [sample] = [each for each in samples() if each.name == "plain.png"]
    monkeypatch.setattr(runner.proface, "inspect", fail)
    monkeypatch.setattr(runner.proface, "recover", fail)
    failure = runner.attempt(7, sample, tmp_path)
    assert failure.seed == 7
    assert type(error).__name__ in failure.error
    assert failure.file.read_bytes() == sample.data
