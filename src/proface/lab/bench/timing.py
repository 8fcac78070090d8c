"""Timed runs, in turn."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

RUNS = 20
"""Timed runs of each contestant."""
WARM_UP = 2
"""Runs before them that are not counted."""
_PAUSE = 0.02
"""Seconds between two runs: a runtime's threads wait actively for a moment, and would be in the
next one's way."""


@dataclass(frozen=True)
class Timing:
    """How long one contestant took."""

    median: float
    """Seconds; a unit's share of each run, where a run has several."""
    quartiles: tuple[float, float]
    runs: int

    @classmethod
    def of(cls, seconds: list[float], units: int = 1) -> "Timing":
        """Of runs that each did so many units of work."""
        low, middle, high = np.percentile(seconds, [25, 50, 75]) / units
        return cls(float(middle), (float(low), float(high)), len(seconds))


def in_turn(
    contestants: Mapping[str, Callable[[], object]],
    runs: int = RUNS,
    units: int = 1,
    warm_up: int = WARM_UP,
) -> dict[str, Timing]:
    """Time contestants by name one after the other, again and again.

    What else the machine does then hits all of them alike. Each run does so many ``units`` of work.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + runs):
        for name, run in contestants.items():
            time.sleep(_PAUSE)
            began = time.perf_counter()
            run()
            if turn >= warm_up:
                seconds[name].append(time.perf_counter() - began)
    return {name: Timing.of(each, units) for name, each in seconds.items()}
