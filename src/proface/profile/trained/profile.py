"""A trained flow as a profile."""

from ...arrays import Picture
from ...errors import OptionError
from ...keys import FaceKey
from ..base import ProfileFacts, ProtectedFace
from . import verification
from .flow import Flow


class FlowProfile:
    """A trained model; whatever it is given, it gives something back."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.facts = flow_facts(flow)

    @property
    def provider(self) -> str:
        """What runs the network, see `Flow.provider`."""
        return self._flow.provider

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for everyone who protects a picture with it."""
        if self.facts.secret:
            return ()
        return (
            f"the profile '{self.facts.name}' reproduces the paper and does not keep a picture "
            "secret: anyone can train a network that recovers most of it without the password; "
            "the profiles 'randwr' and 'obfswr' do keep it",
        )

    def protect(
        self, original: Picture, obfuscated: Picture, key: FaceKey, index: int, associated: bytes
    ) -> ProtectedFace:
        """Protect a face, see `proface.profile.base.Profile.protect`."""
        best = verification.protect(self._flow, original, obfuscated, key)
        return ProtectedFace(best.protected, best.extra, quality=best.quality)

    def decoy(self, original: Picture, obfuscated: Picture) -> ProtectedFace:
        """A face that keeps nothing, see `proface.profile.base.Profile.decoy`."""
        if not self.facts.secret:
            raise OptionError(
                f"the profile '{self.facts.name}' reproduces the paper and keeps no picture "
                "secret: a decoy would be told from a protected picture; choose 'obfswr', "
                "'randwr' or 'sealed'"
            )
        return ProtectedFace(verification.decoy(self._flow, original, obfuscated))

    def recover(
        self, protected: ProtectedFace, key: FaceKey, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """Recover a face, see `proface.profile.base.Profile.recover`."""
        recovered = verification.recover(self._flow, protected.pixels, key, index, protected.extra)
        return recovered, ()


def flow_facts(flow: Flow) -> ProfileFacts:
    """What a user wants to know of a trained profile."""
    card = flow.card
    return ProfileFacts(card.name, card.wrong_recovery, card.secret, card.description, card.licence)
