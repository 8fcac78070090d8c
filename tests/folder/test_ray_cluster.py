"""The same folder on a Ray cluster of two workers, one of which is killed."""

import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.commandline import check_done, check_refused, pixels, run, run_process
from tests.folder.pictures import QUICK_OPTIONS, done, fill, tree, write_picture
from tests.folder.test_folder import wait_for
from tests.folder.test_video_actions import close, write_clip

PASSWORD = "tulip"


def test_without_ray_it_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    arguments = ("protect", fill(tmp_path / "in", 1), "-o", tmp_path / "out", "--ray", "auto")
    check_refused(run(*arguments, password=PASSWORD), "pip install 'proface[ray]'")


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster of two processors, in a process of its own, with a token of ours."""
    pytest.importorskip("ray", reason="needs Ray: pip install 'proface[ray]'")
    # Ray asks whoever connects for the token of the cluster.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        yield from _cluster()


def _cluster():
    code = (
        "import sys\n"
        "import ray\n"
        "ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)\n"
        "print('at', ray.get_runtime_context().gcs_address, flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0"},
    )
    with process:
        yield next(line.split()[1] for line in process.stdout if line.startswith("at "))
        process.stdin.close()


def test_a_killed_worker_costs_a_retry_and_the_results_are_those_of_a_local_run(
    cluster: str, tmp_path: Path
) -> None:
    source, out = fill(tmp_path / "in", 40), tmp_path / "out"
    environment = os.environ | {"PROFACE_PASSWORD": PASSWORD}
    program = [sys.executable, "-m", "proface", "protect", source, "-o", out, "--ray", cluster]
    with subprocess.Popen(
        [*program, *QUICK_OPTIONS],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        wait_for(lambda: done(out) or process.poll() is not None)
        assert done(out), process.communicate()
        os.kill(int(done(out)[0]["worker"].rpartition(":")[2]), signal.SIGKILL)
        said, _ = process.communicate()
    assert process.returncode == 0, said
    assert "40 files protected" in said
    assert cluster in said
    assert len({line["worker"] for line in done(out)}) >= 2
    assert max(line["attempts"] for line in done(out)) > 1

    local = tmp_path / "local"
    check_done(run("protect", source, "-o", local, *QUICK_OPTIONS, password=PASSWORD))
    names = set(tree(source))
    assert set(tree(out)) == set(tree(local)) == {*names, "proface-journal.jsonl"}
    for protected, back in ((out, tmp_path / "back"), (local, tmp_path / "local-back")):
        check_done(run("recover", protected, "-o", back, password=PASSWORD))
    for name in names:
        # Salts differ from run to run, and so do protected pictures; what they hide does not.
        recovered = [pixels(tmp_path / folder / name) for folder in ("back", "local-back")]
        np.testing.assert_array_equal(*recovered)


def test_videos_are_tasks_like_pictures(cluster: str, tmp_path: Path) -> None:
    source, out, back = (tmp_path / name for name in ("in", "out", "back"))
    write_picture(source / "a.png")
    write_clip(source / "b.mp4")
    (tmp_path / "password").write_text(PASSWORD)
    options = ("--ray", cluster, "--password-file", tmp_path / "password")
    # Ray reads its token when it is imported, so in processes of their own.
    told = run_process("protect", source, "-o", out, *options, *QUICK_OPTIONS)
    assert "2 files protected (1 faces, and 6 in the frames of videos)" in told.stdout, told.stderr
    assert len(done(out)) == 2
    told = run_process("recover", out, "-o", back, *options)
    assert told.returncode == 0, told.stderr
    close(source / "b.mp4", back / "b.mkv")
