"""Boxes by the thousand: the same answers as comparing all pairs, in work that grows with them."""

import itertools
import random
import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from proface.errors import BoxError
from proface.faces.boxes import MAX_FACES, Box, find_overlap, overlapping, prepare
from proface.picture.options import DetectionOptions
from proface.picture.regions import choose


def work(function: Callable[[], object]) -> int:
    """Lines of Python that a call goes through: a measure that no busy machine changes."""
    lines = 0

    def trace(_frame, event, _argument):
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return lines


def peak(function: Callable[[], object]) -> int:
    """Most bytes that a call held."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def grid(count: int) -> list[Box]:
    """Disjoint boxes that touch, in rows of 64."""
    return [Box(40 * (each % 64), 40 * (each // 64), 40, 40) for each in range(count)]


FLOODS = {
    "equal": lambda count: [Box(3, 5, 40, 40)] * count,
    "disjoint": grid,
    "in a row": lambda count: [Box(40 * each, 0, 40, 40) for each in range(count)],
    "in a column": lambda count: [Box(0, 40 * each, 40, 40) for each in range(count)],
    "nested": lambda count: [
        Box(each, each, 3 * count - 2 * each, 3 * count - 2 * each) for each in range(count)
    ],
    "one over all": lambda count: [*grid(count - 1), Box(0, 0, 3000, 3000)],
    "a comb": lambda count: [Box(0, 40 * each, 2**20, 40) for each in range(count)],
    "crosses": lambda count: [
        Box(0, 80 * each, 99_999, 40) if each % 2 else Box(80 * each, 0, 40, 99_999)
        for each in range(count)
    ],
    "all but equal in height": lambda count: [
        Box(50 * (each % 7), 40 * each, 40, 41) for each in range(count)
    ],
    "a stair": lambda count: [Box(30 * each, 30 * each, 40, 40) for each in range(count)],
}


@pytest.mark.parametrize("name", FLOODS)
def test_looking_for_an_overlap_costs_as_much_as_there_are_boxes(name: str) -> None:
    few, many = FLOODS[name](MAX_FACES // 8), FLOODS[name](MAX_FACES)
    assert work(lambda: find_overlap(many)) < 12 * work(lambda: find_overlap(few))
    assert work(lambda: find_overlap(many)) < 60 * MAX_FACES
    assert peak(lambda: find_overlap(many)) < 2**21


@pytest.mark.parametrize("name", FLOODS)
def test_merging_and_gathering_cost_as_much_as_there_are_boxes(name: str) -> None:
    few, many = FLOODS[name](MAX_FACES // 8), FLOODS[name](MAX_FACES)
    side = 2**20
    assert work(lambda: prepare(many, side, side)) < 12 * work(lambda: prepare(few, side, side))
    assert peak(lambda: prepare(many, side, side)) < 2**23


@pytest.mark.parametrize("seed", range(40))
def test_the_answers_are_those_of_all_pairs(seed: int) -> None:
    draw = random.Random(seed)
    boxes = [
        Box(draw.randrange(400), draw.randrange(400), draw.randint(1, 40), draw.randint(1, 40))
        for _ in range(draw.choice([1, 2, 5, 20, 60]))
    ]
    pairs = {
        (first, second)
        for first, second in itertools.combinations(range(len(boxes)), 2)
        if boxes[first].overlaps(boxes[second])
    }
    found = find_overlap(boxes)
    assert found in pairs if pairs else found is None
    for index, box in enumerate(boxes):
        expected = [other for other in range(len(boxes)) if boxes[other].overlaps(box)]
        assert overlapping(boxes, box) == expected
        assert index in expected

    merged = prepare(boxes, 500, 500)
    assert find_overlap(merged) is None
    for box in boxes:
        [around] = [each for each in merged if each.overlaps(box)]
        assert (around.x, around.y) <= (box.x, box.y) or around.x <= box.x
        assert around.right >= box.right
        assert around.bottom >= box.bottom
    assert prepare(merged, 500, 500) == merged


def test_more_boxes_than_a_picture_may_have_are_refused() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(BoxError, match="4097 boxes; at most 4096"):
        choose(picture, [Box(0, 0, 8, 8)] * (MAX_FACES + 1), DetectionOptions())
