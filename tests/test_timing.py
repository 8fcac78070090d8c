"""What a stage's time is booked to."""

import pytest

from proface.timing import Stopwatch, each, shares, stage


def test_a_stage_counts_for_every_stopwatch_around_it_and_for_no_other():
    with Stopwatch() as outer:
        with stage("encode"), Stopwatch() as inner, stage("key"):
            sum(range(100_000))
        with stage("decode"):
            pass
    assert set(outer.seconds) == {"encode", "key", "decode"}
    assert set(inner.seconds) == {"key"}
    assert outer.seconds["key"] > outer.seconds["encode"] > 0


def test_getting_items_is_counted_and_using_them_is_not():
    with Stopwatch() as watch:
        for number in each("decode", iter([100_000, 200_000])):
            sum(range(number))
    used = sum(watch.seconds.values())
    with Stopwatch() as watch:
        for _ in each("decode", (sum(range(number)) for number in (100_000, 200_000))):
            pass
    assert used < watch.seconds["decode"]


def test_shares_add_up_and_what_no_stage_took_is_told():
    found = shares({"decode": 1.0, "network": 2.0}, 4.0)
    assert (found["decode"], found["network"], found["other"]) == (0.25, 0.5, 0.25)
    assert sum(found.values()) == pytest.approx(1)
    assert set(shares({}, 0.0).values()) == {0.0}
