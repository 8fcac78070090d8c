"""What there is on this machine, what is used of it, and why: for ``proface doctor``."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires

from .. import __version__
from ..errors import ModelError
from ..faces import centerface
from ..inference import engines
from ..inference.machine import cores, processor, version_of
from ..obfuscators.swapping import network_store
from ..profile import choice
from ..profile.trained import flow, store

_VARIABLES = (engines.VARIABLE, store.VARIABLE, network_store.VARIABLE)
_EXTRA = re.compile(r"([\w.-]+).*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


@dataclass(frozen=True)
class Runtime:
    """A library that can run networks."""

    name: str
    version: str | None
    """None where it is not installed."""
    offers: tuple[str, ...]
    """ONNX Runtime's providers, or OpenVINO's precisions that the processor has."""


@dataclass(frozen=True)
class Use:
    """What runs a profile or the detector."""

    name: str
    runs_on: str | None
    """None if nothing does."""
    reason: str
    """Why that, or what is wrong."""


@dataclass(frozen=True)
class Extra:
    """An optional part of proface."""

    name: str
    missing: tuple[str, ...]
    """Packages; empty where the extra is complete."""


@dataclass(frozen=True)
class Diagnosis:
    """All of it."""

    proface: str
    python: str
    system: str
    processor: str
    cores: int
    """That this process may use."""
    runtimes: tuple[Runtime, ...]
    providers: tuple[str, ...]
    """Names that ``--provider`` takes here."""
    uses: tuple[Use, ...]
    extras: tuple[Extra, ...]
    networks: tuple[str, ...]
    """That the user brought, see `network_store`."""
    variables: dict[str, str]
    """That change what proface does, as far as they are set."""

    @property
    def sound(self) -> bool:
        """Whether everything that is installed runs."""
        return all(use.runs_on for use in self.uses)


def examine() -> Diagnosis:
    """Look, and open every model that is installed, so that what is said here is so."""
    return Diagnosis(
        __version__,
        sys.version.split()[0],
        f"{platform.system()} {platform.machine()}",
        processor(),
        cores(),
        _runtimes(),
        tuple(engines.available()),
        (*_profiles(), _detector()),
        _extras(),
        tuple(name for name in network_store.WANTED if network_store.path_of(name).is_file()),
        {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    )


def _runtimes() -> tuple[Runtime, ...]:
    import onnxruntime

    onnx = Runtime("onnxruntime", onnxruntime.__version__, tuple(engines.providers()))
    if not engines.openvino_installed():
        return onnx, Runtime("openvino", None, ())
    try:
        offers = ("float32", *(("bfloat16",) if engines.has_bfloat16() else ()))
    except ModelError:  # told in full by whatever should run on it
        offers = ()
    return onnx, Runtime("openvino", version_of("openvino") or "unknown", offers)


def _profiles() -> list[Use]:
    try:
        names = choice.profiles()
    except ModelError as error:
        return [Use("profiles", None, str(error))]
    return [_profile(name) for name in names]


def _profile(name: str) -> Use:
    if name not in store.profiles():
        return Use(name, "the processor", "it needs no network")
    try:
        network = flow.Flow.load(name).network
        return Use(name, network.provider, network.reason)
    except ModelError as error:
        return Use(name, None, str(error))


def _detector() -> Use:
    try:
        return Use("detector", centerface.provider(), "the detector always runs there")
    except ModelError as error:
        return Use("detector", None, str(error))


def _extras() -> tuple[Extra, ...]:
    try:
        found = requires("proface") or []
    except PackageNotFoundError:  # run from a folder, not installed
        found = []
    wanted: dict[str, list[str]] = {}
    for line in found:
        if match := _EXTRA.match(line):
            wanted.setdefault(match["extra"], []).append(match[1])
    return tuple(
        Extra(name, tuple(each for each in packages if version_of(each) is None))
        for name, packages in wanted.items()
    )
