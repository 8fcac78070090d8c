"""The profile of a name or a manifest.

Two kinds: a trained flow, and `sealed`, which needs no training. They take the same arguments, so
that the rest of the program need not know which one it has.
"""

from collections.abc import Sequence

from ..errors import ManifestError, ModelError, OptionError
from ..files.manifest import CARRIERS, Carrier, Manifest
from ..keys import DirectSlot
from .base import WRONG_RECOVERIES, Profile, ProfileFacts, WrongRecovery
from .sealed.profile import SEALED, SealedProfile
from .trained import flow, store
from .trained.flow import Flow
from .trained.profile import FlowProfile, flow_facts

_BITS = (1, 2)


def profiles() -> list[str]:
    """Names of all profiles, sorted.

    They are `sealed`, the models that are installed, and those that ``PROFACE_WEIGHTS`` adds.

    Raises:
        ModelError: the variable names no folder.
    """
    return sorted({*store.profiles(), SEALED})


def facts(name: str) -> ProfileFacts:
    """What is known of a profile.

    Raises:
        ModelError: it is unknown or damaged.
    """
    return SealedProfile.facts if name == SEALED else flow_facts(Flow.load(name))


def for_protection(
    name: str,
    carrier: Carrier = "pixels",
    bits: int | None = None,
    providers: Sequence[str] | None = None,
) -> Profile:
    """A profile that protects.

    Args:
        name: one of `profiles()`.
        carrier: ``file`` is for `sealed` only.
        bits: a sample, 1 or 2, for `sealed` in pixels; None for 1.
        providers: what shall run a model, see `Flow.load`; `sealed` has no use for any.

    Raises:
        OptionError: the options do not go together.
        ModelError: the profile is unknown or damaged, or a provider is not installed.
    """
    if carrier not in CARRIERS:
        raise OptionError(f"the carrier is '{carrier}', but must be one of {', '.join(CARRIERS)}")
    if name != SEALED:
        _refuse_option(name, "carrier 'file'", carrier == "file")
        _refuse_option(name, "choice of bits", bits is not None)
        return FlowProfile(_load(name, providers))
    if bits is not None and bits not in _BITS:
        raise OptionError(f"{bits} bits a sample were asked for; possible are 1 and 2")
    if bits is not None and carrier == "file":
        raise OptionError("bits a sample are for the carrier 'pixels' only")
    return SealedProfile(carrier, bits or 1)


def for_recovery(manifest: Manifest, providers: Sequence[str] | None = None) -> Profile:
    """The profile that a manifest names.

    Args:
        manifest: from a file of unknown origin.
        providers: as for `for_protection`.

    Raises:
        ManifestError: it asks for what the profile cannot do.
        ModelError: the profile is unknown or damaged, or a provider is not installed.
    """
    if manifest.profile == SEALED:
        profile: Profile = SealedProfile(manifest.carrier)
    elif manifest.carrier == "file":
        raise ManifestError(
            f"the manifest asks for carrier 'file', which '{manifest.profile}' does not have"
        )
    else:
        profile = FlowProfile(_load(manifest.profile, providers))
    direct = isinstance(manifest.slots[0], DirectSlot)
    if direct == profile.facts.secret:
        wanted = "wraps a key" if direct else "is direct"
        raise ManifestError(
            f"the manifest's slots do not go with '{manifest.profile}', whose slot {wanted}"
        )
    return profile


def shown_for_wrong(
    facts: ProfileFacts, wrong_recovery: WrongRecovery | None = None
) -> WrongRecovery:
    """What a wrong secret shows.

    Args:
        facts: of the profile.
        wrong_recovery: as asked for; None for what the profile promises.

    Raises:
        OptionError: it is none of the three, or the profile takes no choice.
    """
    if wrong_recovery is None:
        return facts.wrong_recovery
    if wrong_recovery not in WRONG_RECOVERIES:
        wanted = ", ".join(WRONG_RECOVERIES)
        raise OptionError(f"the wrong recovery is '{wrong_recovery}', but must be one of {wanted}")
    if not facts.secret:
        raise OptionError(
            f"the profile '{facts.name}' learned what a wrong password gives, and takes no other "
            "choice"
        )
    return wrong_recovery


def _load(name: str, providers: Sequence[str] | None) -> Flow:
    known = profiles()
    if name not in known:
        raise ModelError(f"unknown profile '{name}'; known are: {', '.join(known)}")
    return flow.loaded(name, providers)


def _refuse_option(profile: str, option: str, given: bool) -> None:
    if given:
        raise OptionError(f"the profile '{profile}' has no {option}; that is for 'sealed' only")
