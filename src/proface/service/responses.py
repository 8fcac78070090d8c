"""What goes out: pictures, and errors in one form."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ..errors import (
    AuthenticityError,
    BoxError,
    DamagedPictureError,
    GrantError,
    IdentityError,
    ManifestError,
    ModelError,
    NoFaceError,
    ObfuscatorError,
    OptionError,
    PasswordError,
    PictureError,
    ProfaceError,
    RecipientError,
    WrongKeyError,
)
from .limits import Refusal
from .operations import Finished, Opened

_CODES: dict[type[ProfaceError], str] = {
    PictureError: "bad-picture",
    NoFaceError: "no-face",
    BoxError: "bad-boxes",
    ObfuscatorError: "bad-obfuscator",
    ModelError: "bad-profile",
    # The first that fits counts: a wrong key is a password's error, too.
    WrongKeyError: "wrong-key",
    IdentityError: "bad-identity",
    PasswordError: "bad-password",
    RecipientError: "bad-recipient",
    GrantError: "bad-grant",
    ManifestError: "bad-manifest",
    AuthenticityError: "not-authentic",
    DamagedPictureError: "damaged",
    OptionError: "bad-option",
}
_KEY_MATCHED = {True: "true", False: "false", None: "unknown"}
_PIECE = 2**18
_LONGEST_NOTES = 2048
"""Characters of a header; proxies refuse answers with long ones."""


class PictureAnswer(Response):
    """A PNG file that browsers save under a sensible name.

    It is sent in pieces, so that the request ends only when the client has taken nearly all of
    them: until then its memory counts as held.
    """

    media_type = "image/png"

    def __init__(self, result: Finished, name: str) -> None:
        headers = {
            "Content-Disposition": _disposition(name),
            "Proface-Faces": str(result.faces),
            "Proface-Profile": result.profile,
            "Proface-Notes": _as_header(list(result.notes)),
        }
        if isinstance(result, Opened):
            headers["Proface-Key-Matched"] = _KEY_MATCHED[result.key_matched]
        super().__init__(result.png, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer in pieces."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        body = memoryview(self.body)
        for start in range(0, len(body), _PIECE):
            piece = bytes(body[start : start + _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def send_refusal(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that has not reached the application."""
    answer = _error(refusal.status_code, refusal.code, refusal.detail, refusal.headers)
    await answer(scope, receive, send)


def on_http_error(_: Request, error: Exception) -> Response:
    """Answer a `Refusal`, or what the framework refuses itself."""
    if isinstance(error, Refusal):
        return _error(error.status_code, error.code, error.detail, error.headers)
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not-found", 405: "wrong-method"}.get(error.status_code, "bad-request")
    return _error(error.status_code, code, error.detail, error.headers)


def on_bad_fields(_: Request, error: Exception) -> Response:
    """Answer missing or wrong fields, without their values: one may be the password."""
    if not isinstance(error, RequestValidationError):
        raise error
    # "body" at the front says nothing here.
    found = [(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()]
    message = "; ".join(f"{name}: {text}" if name else text for name, text in found[:5])
    return _error(422, "bad-fields", message)


def on_proface_error(_: Request, error: Exception) -> Response:
    """Answer an error that the library raised on purpose."""
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "failed")
    return _error(422, code, str(error))


def on_memory_error(_: Request, __: Exception) -> Response:
    """Answer a picture that does not fit into memory."""
    return _error(413, "too-large", "there is not enough memory for this picture")


def on_mistake(_: Request, __: Exception) -> Response:
    """Answer a mistake of the service; what it was is for the log only."""
    return _error(500, "mistake", "something went wrong in the service; its log says what")


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status, headers)


def _disposition(name: str) -> str:
    """The name for programs that know ASCII only, and for the others (RFC 6266)."""
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _as_header(notes: list[str]) -> str:
    """Notes as a JSON list in ASCII; those that would make it too long are only counted."""
    kept = min(len(notes), _LONGEST_NOTES // 4)
    while True:
        left_out = len(notes) - kept
        more = [f"and {left_out} more notes"] if left_out else []
        header = json.dumps(notes[:kept] + more)
        if len(header) <= _LONGEST_NOTES or not kept:
            return header
        kept -= 1
