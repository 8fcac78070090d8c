"""`python -m tests.fuzz --minutes N`: exit code 1 if anything but a ProfaceError came."""

import argparse
import secrets
import sys
import time
from pathlib import Path

from . import once_failed, runner


def main() -> int:
    """Run cases one after another until the time is over."""
    parser = argparse.ArgumentParser(prog="python dev.py fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (default 1)")
    parser.add_argument("--seed", type=int, help="of the first case (default: a random one)")
    parser.add_argument("--cases", type=int, help="so many, whatever time they take")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), help="for what failed")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    seed = secrets.randbelow(2**40) if asked.seed is None else asked.seed
    print(f"seed {seed}; what fails is kept in {asked.out}", flush=True)
    failures, done = 0, 0
    for name, sample in once_failed.corpus() if asked.seed is None else ():
        failures += report(runner.attempt(0, sample, asked.out), f"once failed: {name}")
    end = time.monotonic() + asked.minutes * 60
    while done < asked.cases if asked.cases else time.monotonic() < end:
        each = seed + done
        again = f"python dev.py fuzz --seed {each} --cases 1"
        failures += report(runner.attempt(each, runner.case(each), asked.out), again)
        done += 1
    print(f"{done} cases from seed {seed}: {failures} failed")
    return 1 if failures else 0


def report(failure: runner.Failure | None, again: str) -> int:
    """Print what failed, and how to see it again."""
    if failure is None:
        return 0
    print(
        f"FAILED seed {failure.seed}, {failure.file}\n{failure.error}\nagain: {again}", flush=True
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
