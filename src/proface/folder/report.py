"""What was done with a folder."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import output
from ..timing import shares
from .tasks import Outcome


@dataclass(frozen=True)
class Report:
    """What was done with every file of a folder."""

    action: str
    """``protect`` or ``recover``."""
    source: str
    out: str
    settings: dict[str, Any]
    workers: str
    """How many processes, or the cluster's address."""
    seconds: float
    """From the first file to the last, the start of the workers included."""
    outcomes: tuple[Outcome, ...]
    """By name; those of earlier runs are among them."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Files and folders that were left alone, and why."""
    pending: tuple[str, ...] = ()
    """Files that the run did not come to, because the disk is full."""
    left_open: tuple[str, ...] = ()
    """Those of `skipped` that may show a face."""

    @property
    def failed(self) -> bool:
        """Whether any file did not become what it should, or was skipped and may show a face."""
        failures = any(each.status == "failed" for each in self.outcomes)
        return failures or bool(self.pending or self.left_open)

    @property
    def counts(self) -> dict[str, int]:
        """Files by what was done with them."""
        counts = Counter(each.status for each in self.outcomes)
        numbers = {name: counts[name] for name in ("done", "copied", "left", "failed")}
        rest = {"skipped": self.skipped, "left_open": self.left_open, "pending": self.pending}
        return numbers | {name: len(files) for name, files in rest.items()}

    @property
    def wrong_keys(self) -> list[Outcome]:
        """Files whose secret did not match: they failed, or were written without their faces."""
        return [each for each in self.outcomes if each.wrong_key]

    @property
    def not_authentic(self) -> list[Outcome]:
        """Files that failed because they are not what was protected."""
        return [each for each in self.outcomes if each.not_authentic]

    @property
    def worked(self) -> list[Outcome]:
        """Files that this run wrote."""
        return [e for e in self.outcomes if e.status in ("done", "copied") and not e.resumed]

    @property
    def pictures_per_second(self) -> float:
        """Pictures that this run wrote, a second."""
        pictures = sum(not each.clip for each in self.worked)
        return pictures / self.seconds if self.seconds else 0.0

    @property
    def frames_per_second(self) -> float:
        """Frames of videos that this run wrote, a second."""
        frames = sum(each.clip.get("frames", 0) for each in self.worked)
        return frames / self.seconds if self.seconds else 0.0

    @property
    def stages(self) -> dict[str, float]:
        """The share of each stage in the time that the workers spent on `worked`; 0 to 1."""
        total = sum(each.seconds for each in self.worked)
        sums: Counter[str] = Counter()
        for each in self.worked:
            sums.update(each.stages)
        return shares(sums, total)

    @property
    def faces(self) -> int:
        """Faces of pictures that were protected or recovered, in this run or earlier."""
        return sum(len(each.faces) for each in self.outcomes if not each.wrong_key)

    @property
    def clip_faces(self) -> int:
        """The same of all frames of videos."""
        return sum(each.clip.get("faces", 0) for each in self.outcomes if not each.wrong_key)

    def save(self, path: Path, overwrite: bool = False) -> None:
        """Write it as JSON, for its owner alone to read.

        Raises:
            OutputError: the file exists, or cannot be written.
        """
        text = json.dumps(self.to_dict(), indent=1).encode() + b"\n"
        output.write(path, text, overwrite, private=True)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "proface": __version__,
            "action": self.action,
            "source": self.source,
            "out": self.out,
            "settings": self.settings,
            "workers": self.workers,
            "seconds": round(self.seconds, 3),
            "counts": self.counts,
            "wrong_keys": len(self.wrong_keys),
            "not_authentic": len(self.not_authentic),
            "faces": self.faces,
            "faces_in_videos": self.clip_faces,
            "pictures_per_second": round(self.pictures_per_second, 4),
            "frames_per_second": round(self.frames_per_second, 4),
            "stages": self.stages,
            "files": [each.to_dict() for each in self.outcomes],
            "skipped": self.skipped,
            "left_open": list(self.left_open),
            "pending": list(self.pending),
        }


def is_report(path: Path) -> bool:
    """Whether a file is a report that an earlier run has written."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"proface", "action", "counts", "files"} <= set(content)


def by_name(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Outcomes in the order of their names."""
    return tuple(sorted(outcomes, key=lambda each: each.name))
