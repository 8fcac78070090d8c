"""The service as an ASGI application, put together."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.types import ASGIApp

from .. import __version__
from ..errors import ProfaceError
from . import responses
from .admission import Admission
from .guard import Guard
from .limits import Limits
from .routes import facts, pictures
from .state import ServiceState

_STATIC = Path(__file__).parent / "static"
_DESCRIPTION = """Hide faces in pictures so that whoever has the password can have them back.

Send pictures as `multipart/form-data`; get PNG files or JSON. Every error is JSON with a `code` for
programs and a `message` for people. Where the service needs a token, send it as
`Authorization: Bearer TOKEN`. Nothing is taken from an address's query.
"""


def create_app(
    limits: Limits | None = None, token: str | None = None, hosts: Collection[str] = ()
) -> ASGIApp:
    """The service, for any ASGI server; `proface serve` runs it with uvicorn.

    Args:
        limits: None for the defaults.
        token: that every call must carry; None for none, which is for this machine alone.
        hosts: names besides this machine's own by which it is called.
    """
    limits = limits or Limits()
    app = FastAPI(
        title="proface",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these would load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.shared = ServiceState.within(limits)
    # The guard asks for the token; this tells so in the schema.
    needed = [Depends(HTTPBearer(auto_error=False, description="The access token."))]
    for router in (pictures.router, facts.router):
        app.include_router(router, dependencies=needed if token else [])
    app.include_router(facts.open_router)
    app.add_exception_handler(HTTPException, responses.on_http_error)
    app.add_exception_handler(RequestValidationError, responses.on_bad_fields)
    app.add_exception_handler(ProfaceError, responses.on_proface_error)
    app.add_exception_handler(MemoryError, responses.on_memory_error)
    app.add_exception_handler(Exception, responses.on_mistake)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    return Guard(Admission(app, limits), token, hosts)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.shared.workers.start()
    yield
    await app.state.shared.workers.close()
