"""Forms with files, read into memory.

Starlette's parser moves a file of more than a megabyte to the disk. Here nothing is written to
disk; `admission` bounds how much comes.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from ..files.json_fields import MAX_CHARACTERS
from .limits import Refusal

_MOST_PARTS = 20


class _InMemory(MultiPartParser):
    spool_max_size = 0
    """To Python's `tempfile.SpooledTemporaryFile` this means: never to disk."""


class _FormRequest(Request):
    async def form(self, **_: object) -> FormData:  # type: ignore[override]
        """The fields of a multipart form.

        Raises:
            Refusal: it is none, or malformed.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "multipart/form-data":
            raise Refusal(415, "no-form", "send the fields as multipart/form-data")
        parser = _InMemory(
            self.headers,
            self.stream(),
            max_files=_MOST_PARTS,
            max_fields=_MOST_PARTS,
            max_part_size=MAX_CHARACTERS,
        )
        try:
            return await parser.parse()
        except MultiPartException as error:
            raise Refusal(400, "bad-form", f"the form is malformed: {error.message}") from error


class FormRoute(APIRoute):
    """A route whose form stays in memory; the rest is FastAPI's."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await answer(_FormRequest(request.scope, request.receive))

        return handle
