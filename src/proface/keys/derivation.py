"""How a password becomes a key, and what that costs whoever guesses."""

from dataclasses import dataclass
from typing import Literal

from ..errors import ManifestError

Algorithm = Literal["argon2id", "paper", "none"]


@dataclass(frozen=True)
class Derivation:
    """How a password becomes a key. The defaults are RFC 9106's second recommendation."""

    algorithm: Algorithm = "argon2id"
    """``argon2id``; ``paper`` for PBKDF2 with a fixed salt and 10 iterations, which anyone can
    search and which is here for reproduction only; ``none`` for a key given as 32 bytes."""
    time_cost: int = 3
    """Passes over the memory, 1 to 16."""
    memory_kib: int = 65_536
    """Memory in KiB, from 8 per lane up to 1 GiB."""
    lanes: int = 4
    """Parallel lanes, 1 to 16."""

    def __post_init__(self) -> None:
        """Refuse costs that a hostile file might ask for.

        Raises:
            ManifestError: the algorithm is unknown or a cost out of bounds.
        """
        if self.algorithm not in ("argon2id", "paper", "none"):
            raise ManifestError(f"unknown key derivation {repr(self.algorithm)[:80]}")
        bounds = {
            "time_cost": (1, 16),
            "lanes": (1, 16),
            "memory_kib": (8 * self.lanes, 1_048_576),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ManifestError(
                    f"key derivation asks for {name} = {value!r}; allowed are {low} to {high}"
                )

    @property
    def work(self) -> int:
        """KiB filled for one guess: passes times memory; 0 where nothing is derived."""
        return self.time_cost * self.memory_kib if self.algorithm == "argon2id" else 0

    @property
    def is_weak(self) -> bool:
        """Whether guessing a password costs less than by default.

        A key of 32 random bytes cannot be guessed, so the derivation ``none`` is not weak.
        """
        if self.algorithm == "none":
            return False
        return (
            self.time_cost < Derivation.time_cost
            or self.memory_kib < Derivation.memory_kib
            or (self.algorithm == "paper")
        )

    def __str__(self) -> str:
        """For people.

        >>> str(Derivation())
        'Argon2id, 3 passes over 64 MiB'
        """
        if self.algorithm == "none":
            return "none: a key of 32 bytes"
        if self.algorithm == "paper":
            return "the paper's: PBKDF2, fixed salt, 10 iterations"
        passes = "1 pass" if self.time_cost == 1 else f"{self.time_cost} passes"
        memory = self.memory_kib
        size = f"{memory // 1024} MiB" if memory % 1024 == 0 else f"{memory} KiB"
        return f"Argon2id, {passes} over {size}"
