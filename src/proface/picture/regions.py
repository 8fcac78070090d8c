"""Which parts of a picture are protected, and how each is obfuscated.

Faces that overlap are protected as one region, because each region must be recovered from pixels
that nothing else has written. A region remembers the faces in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Landmarks, Picture
from ..errors import BoxError, NoFaceError
from ..faces.boxes import MAX_FACES, Box, enlarge, overlapping, prepare
from ..faces.detector import Detection, detect_with_landmarks
from ..obfuscators import usual_landmarks
from .options import DetectionOptions, LookOptions

FaceChoice = Literal["auto", "whole"] | Sequence[Box]
"""``auto`` detects the faces, ``whole`` takes the whole picture for one, or boxes."""


@dataclass(frozen=True, eq=False)
class Member:
    """A face in a region."""

    box: Box
    """As it is obfuscated: enlarged, within the picture."""
    landmarks: Landmarks | None
    """float32, 5 x 2, in the picture's pixels; None where nobody knows them."""
    track: int | None = None
    """Index of the face in all frames of a clip; None in a picture."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of a picture that is protected as one, and the faces in it, at least one."""

    box: Box
    members: tuple[Member, ...]

    def obfuscate(self, picture: Picture, look: LookOptions, face_index: int = 0) -> Picture:
        """The region obfuscated.

        Args:
            picture: the whole picture, uint8, H x W x 3, RGB.
            look: how.
            face_index: of the region's first face within its picture.

        Returns:
            uint8, of the region's size.

        Raises:
            ObfuscatorError: as for `Obfuscator.apply`.
        """
        crop = picture[self.box.window]
        obfuscated = look.make_obfuscator().apply(
            crop,
            look.strength,
            landmarks=self.landmarks(),
            seed=look.seed,
            face_index=face_index,
        )
        if look.shape == "box":
            return obfuscated
        inside = self.ellipses(picture.shape[0], picture.shape[1])
        return np.where(inside[:, :, None], obfuscated, crop)

    def landmarks(self) -> Landmarks:
        """Of all faces, guessed where nobody knows them: float32, N x 5 x 2, in its own pixels."""
        each = [
            _guess(face.box) if face.landmarks is None else face.landmarks for face in self.members
        ]
        return np.stack(each) - np.array([self.box.x, self.box.y], np.float32)

    @property
    def guessed(self) -> bool:
        """Whether a face's landmarks are a guess."""
        return any(face.landmarks is None for face in self.members)

    def ellipses(self, height: int, width: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Which pixels of the region lie in the ellipse of a face, by their centres.

        A box that ends at the picture's border may be of a face that is cut off there: from the
        ellipse's middle to the border all of the box counts. So it covers what the ellipse of the
        whole face would, wherever beyond the border that ends.

        Args:
            height: of the picture, in pixels.
            width: of the picture, in pixels.
        """
        rows, columns = np.mgrid[self.box.y : self.box.bottom, self.box.x : self.box.right].astype(
            np.float64
        )
        inside = np.zeros(rows.shape, np.bool_)
        for face in self.members:
            box = face.box
            across = (columns + 0.5 - box.x) / box.width * 2 - 1
            down = (rows + 0.5 - box.y) / box.height * 2 - 1
            in_box = (np.abs(across) <= 1) & (np.abs(down) <= 1)
            across = across.clip(0 if box.x == 0 else -1, 0 if box.right >= width else 1)
            down = down.clip(0 if box.y == 0 else -1, 0 if box.bottom >= height else 1)
            inside |= in_box & (across**2 + down**2 <= 1)
        return inside


def choose(
    picture: Picture,
    faces: FaceChoice,
    detection: DetectionOptions,
    landmarks: bool = False,
) -> list[Region]:
    """The regions of a picture that are protected, by (y, x).

    Args:
        picture: uint8, H x W x 3, RGB.
        faces: which.
        detection: how faces are detected, and by how much their boxes are enlarged.
        landmarks: whether to look for them in faces that were given; those found have them anyway.

    Raises:
        NoFaceError: there is none.
        BoxError: a box lies outside the picture, or the choice is none.
    """
    height, width = picture.shape[:2]
    if isinstance(faces, str) and faces not in ("auto", "whole"):
        raise BoxError(f"faces must be 'auto', 'whole' or boxes, not '{faces}'")
    if faces == "auto":
        found = detect_with_landmarks(picture, detection.threshold)
        regions = from_detections(found, height, width, detection.mask_scale)
        hint = "try a lower threshold, or give boxes or 'whole'"
    else:
        boxes = [Box(0, 0, width, height)] if faces == "whole" else _inside(faces, height, width)
        known = detect_with_landmarks(picture, detection.threshold) if landmarks and boxes else []
        members = [Member(box, _landmarks_within(box, known)) for box in boxes]
        regions = _gather(members, height, width)
        hint = "the list of boxes is empty"
    if not regions:
        raise NoFaceError(f"no face was found; {hint}. Nothing was protected")
    return regions


def from_detections(
    found: Sequence[Detection],
    height: int,
    width: int,
    mask_scale: float,
    tracks: Sequence[int] | None = None,
) -> list[Region]:
    """The regions of detected faces, enlarged; see `proface.faces.boxes.prepare`.

    Args:
        found: the faces.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        mask_scale: factor on the sides of the faces.
        tracks: indices of the faces in all frames of a clip; None in a picture.

    Raises:
        BoxError: as for `prepare`.
    """
    known: Sequence[int | None] = [None] * len(found) if tracks is None else tracks
    members = [
        Member(enlarge(each.box, height, width, mask_scale), each.landmarks, track)
        for each, track in zip(found, known, strict=True)
    ]
    return _gather(members, height, width)


def indexed(regions: Sequence[Region]) -> Iterator[tuple[int, Region]]:
    """Each region with the index of its first face: in all frames of a clip, or in the picture."""
    face_index = 0
    for region in regions:
        tracked = region.members[0].track
        yield face_index if tracked is None else tracked, region
        face_index += len(region.members)


def _inside(faces: Iterable[Box | str], height: int, width: int) -> list[Box]:
    boxes = [box for box in faces if isinstance(box, Box)]
    if len(boxes) > MAX_FACES:
        raise BoxError(f"there are {len(boxes)} boxes; at most {MAX_FACES} are allowed")
    for box in boxes:
        if box.right > width or box.bottom > height:
            raise BoxError(f"{box} lies outside the picture of {width} x {height} pixels")
    return boxes


def _landmarks_within(box: Box, known: Sequence[Detection]) -> Landmarks | None:
    """The landmarks of the surest detected face whose centre lies in a box."""
    for each in known:
        across, down = each.box.x + each.box.width / 2, each.box.y + each.box.height / 2
        if box.x <= across < box.right and box.y <= down < box.bottom:
            return each.landmarks
    return None


def _guess(box: Box) -> Landmarks:
    shifted: Landmarks = usual_landmarks(box.height, box.width)[0] + np.array(
        [box.x, box.y], np.float32
    )
    return shifted


def _gather(members: Sequence[Member], height: int, width: int) -> list[Region]:
    """Regions that hold the members, each member in the one region that covers it."""
    boxes = prepare([face.box for face in members], height, width)
    known = [face.box for face in members]
    return [Region(box, tuple(members[each] for each in overlapping(known, box))) for box in boxes]
