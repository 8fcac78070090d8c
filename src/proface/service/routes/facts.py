"""The addresses that tell what there is: profiles, obfuscators, limits, progress, health."""

from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathField

from ... import __version__
from ...obfuscators import catalogue
from ...picture import options
from ...profile.choice import facts, profiles
from .. import fields, schemas
from ..limits import Refusal
from ..state import State
from .pictures import ERRORS

_OPEN: dict[int | str, dict[str, Any]] = {status: ERRORS[status] for status in (400, 403)}

router = APIRouter(responses=_OPEN | {401: ERRORS[401]}, tags=["facts"])
open_router = APIRouter(responses=_OPEN, tags=["facts"])
"""What needs no token."""


@router.get("/api/profiles")
def list_profiles() -> schemas.Profiles:
    """The profiles: what a wrong password gives, and whether the originals are secret."""
    return _profiles()


@router.get("/api/obfuscators")
def list_obfuscators() -> schemas.Obfuscators:
    """The obfuscators that work here, with the strengths that they take."""
    return schemas.Obfuscators(
        default=options.DEFAULT_OBFUSCATOR,
        obfuscators=[_about(each) for each in _catalogue() if each.missing is None],
    )


def _about(each: catalogue.ObfuscatorFacts) -> schemas.ObfuscatorFacts:
    numbers = {} if each.strength is None else asdict(each.strength)
    return schemas.ObfuscatorFacts(
        name=each.name, summary=each.summary, strength_name=numbers.pop("name", None), **numbers
    )


@router.get("/api/limits")
def list_limits(state: State) -> schemas.Allowed:
    """What this service is willing to do."""
    limits = state.limits
    return schemas.Allowed(
        upload=limits.upload, pixels=limits.pixels, faces=limits.faces, seconds=limits.seconds
    )


@router.get(
    "/api/progress/{job}",
    responses={
        404: {
            "model": schemas.ErrorAnswer,
            "description": "No request goes by this name: not yet, or no longer.",
        },
        422: ERRORS[422],
    },
)
async def progress(
    state: State, job: Annotated[str, PathField(pattern=fields.JOB_PATTERN)]
) -> schemas.Progress:
    """How far a request is that was sent with the header `Proface-Job` and is not answered yet."""
    ticket = state.jobs.get(job)
    if ticket is None:
        raise Refusal(404, "no-job", "no request goes by this name: not yet, or no longer")
    return schemas.Progress(state=ticket.state, done=ticket.done, total=ticket.total)


@open_router.get("/healthz")
async def healthz() -> schemas.Health:
    """Whether the service lives; this needs no token."""
    return schemas.Health(version=__version__)


@lru_cache(maxsize=1)
def _catalogue() -> tuple[catalogue.ObfuscatorFacts, ...]:
    """Found out once: each obfuscator is tried, and those that lack something are not offered."""
    return tuple(catalogue.facts())


@lru_cache(maxsize=1)
def _profiles() -> schemas.Profiles:
    """Read once: each profile has megabytes of weights to check."""
    known = (asdict(facts(name)) for name in profiles())
    found = [
        schemas.ProfileFacts(wrong_password=each.pop("wrong_recovery"), **each) for each in known
    ]
    return schemas.Profiles(default=options.DEFAULT_PROFILE, profiles=found)
