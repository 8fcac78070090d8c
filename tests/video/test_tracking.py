"""Faces followed through frames, from detections that are known."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.faces.boxes import Box
from proface.faces.detector import Detection
from proface.video.tracking import LOOK_BACK, Follow, Tracker

HEIGHT, WIDTH = 480, 640
HOLD = 25
MARKS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)


def detection(x: int, y: int, side: int = 60, score: float = 0.9) -> Detection:
    return Detection(Box(x, y, side, side, score), MARKS * side + [x, y])


def follow(seen: dict[int, list[Detection]], count: int) -> list[list[Follow]]:
    """The faces of each frame, as the finder asks for them: `LOOK_BACK` frames later."""
    tracker = Tracker(HOLD, 0.2)
    result = []
    for frame in range(count + LOOK_BACK):
        if frame < count:
            tracker.see(frame, seen.get(frame, []))
        if frame >= LOOK_BACK:
            result.append(tracker.faces(frame - LOOK_BACK, HEIGHT, WIDTH))
    return result


def covers(faces: list[Follow], box: Box) -> bool:
    return any(
        each.detection.box.x <= box.x
        and each.detection.box.y <= box.y
        and each.detection.box.right >= box.right
        and each.detection.box.bottom >= box.bottom
        for each in faces
    )


@given(st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=3, max_size=25))
@settings(max_examples=40, deadline=None)
def test_every_detection_is_covered_whole(steps: list[tuple[int, int]]) -> None:
    x, y, seen = 280, 200, {}
    for frame, (across, down) in enumerate(steps):
        x, y = int(np.clip(x + across, 0, 580)), int(np.clip(y + down, 0, 420))
        seen[frame] = [detection(x, y)]
    for frame, faces in enumerate(follow(seen, len(steps))):
        assert covers(faces, seen[frame][0].box)
        assert len(faces) == 1


def test_frames_before_the_first_detection_are_covered() -> None:
    faces = follow({20: [detection(100, 100)]}, 21)
    for frame in range(20 - LOOK_BACK, 20):
        assert covers(faces[frame], Box(100, 100, 60, 60)), frame
    assert faces[20 - LOOK_BACK - 1] == []


def test_a_face_stays_covered_after_its_last_detection() -> None:
    faces = follow({0: [detection(100, 100)]}, HOLD + 5)
    for frame in range(HOLD + 1):
        assert covers(faces[frame], Box(100, 100, 60, 60))
    assert faces[HOLD + 1] == []


def test_a_gap_is_covered_along_the_whole_way() -> None:
    """The face moves while it is not found."""
    seen = {f: [detection(100 + 6 * f, 100)] for f in (*range(6), *range(14, 20))}
    faces = follow(seen, 20)
    for frame in range(6, 14):
        assert covers(faces[frame], Box(100 + 6 * frame, 100, 60, 60)), frame
    assert {each.track for found in faces for each in found} == {0}


def test_a_faint_detection_goes_on_with_a_track_and_begins_none() -> None:
    seen = {f: [detection(100, 100, score=0.9 if f < 3 else 0.12)] for f in range(60)}
    faces = follow(seen, 60)
    assert all(covers(each, Box(100, 100, 60, 60)) for each in faces)
    alone = {f: [detection(100, 100, score=0.12)] for f in range(10)}
    assert all(each == [] for each in follow(alone, 10))


def test_two_faces_that_pass_each_other_keep_their_numbers() -> None:
    seen = {
        f: [detection(50 + 10 * f, 100, 50), detection(450 - 10 * f, 220, 50)] for f in range(40)
    }
    faces = follow(seen, 40)
    for frame, found in enumerate(faces):
        assert [each.track for each in found] == [0, 1]
        for each, truth in zip(found, seen[frame], strict=True):
            assert abs(each.detection.box.y - truth.box.y) < 10


def test_jitter_is_smoothed() -> None:
    shake = np.random.default_rng(0).integers(-4, 5, 40)
    seen = {f: [detection(300 + int(shake[f]), 200)] for f in range(40)}
    middles = [
        each[0].detection.box.x + each[0].detection.box.width / 2 for each in follow(seen, 40)
    ]
    assert np.abs(np.diff(middles)).mean() < 0.6 * np.abs(np.diff(shake)).mean()


def test_landmarks_go_with_the_face() -> None:
    seen = {f: [detection(100 + 4 * f, 100)] for f in range(10)}
    faces = follow(seen, 10)
    np.testing.assert_allclose(faces[5][0].detection.landmarks, seen[5][0].landmarks, atol=0.01)


def test_boxes_stay_within_the_picture() -> None:
    seen = {0: [detection(40, 100)], 1: [detection(20, 100)], 2: [detection(0, 100)]}
    for found in follow(seen, 30):
        for each in found:
            box = each.detection.box
            assert box.x >= 0
            assert box.right <= WIDTH


def test_memory_is_bounded() -> None:
    tracker = Tracker(HOLD, 0.2)
    for frame in range(300):
        tracker.see(frame, [detection(100, 100), detection(int(frame * 97 % 500), 300)])
        if frame >= LOOK_BACK:
            tracker.faces(frame - LOOK_BACK, HEIGHT, WIDTH)
    kept = sum(len(track.frames) for track in tracker._tracks)
    assert kept < 200
    assert len(tracker._tracks) <= HOLD + LOOK_BACK + 5
