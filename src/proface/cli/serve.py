"""``proface serve``: the page and the HTTP interface."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ModelError, OptionError
from .console import say

REQUIREMENTS = ("fastapi", "uvicorn", "python_multipart", "starlette", "pydantic")
"""What the extra ``proface[serve]`` installs."""

_SHORTEST_TOKEN = 16
_MEBIBYTE = 2**20


def serve(  # noqa: PLR0913 - the options of a command
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes any free one.")] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File whose first line every call must carry as Authorization: Bearer TOKEN; the "
            "page asks for it.",
            metavar="FILE",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name by which the service is called, as behind a reverse proxy; repeat it.",
            metavar="NAME",
        ),
    ] = None,
    max_upload: Annotated[
        int, typer.Option(min=1, help="Most MiB of a request.", metavar="MIB")
    ] = 32,
    max_pixels: Annotated[
        int, typer.Option(min=1, max=250, help="Most megapixels of a picture.", metavar="MP")
    ] = 40,
    max_faces: Annotated[
        int, typer.Option(min=1, max=4096, help="Most faces of a picture.", metavar="N")
    ] = 200,
    max_working: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Most pictures worked on, and keys derived, at once.", metavar="N"
        ),
    ] = 2,
    max_waiting: Annotated[
        int,
        typer.Option(min=1, help="Most requests with a picture in the house at once.", metavar="N"),
    ] = 256,
    max_memory: Annotated[
        int,
        typer.Option(
            min=1, help="MiB of uploads and answers held; more wait at the door.", metavar="MIB"
        ),
    ] = 512,
    max_key_memory: Annotated[
        int,
        typer.Option(
            min=64,
            max=1024,
            help="Most MiB that a protected picture may ask for to derive its key.",
            metavar="MIB",
        ),
    ] = 256,
    max_work_memory: Annotated[
        int,
        typer.Option(
            min=512, help="Most MiB that a process takes to work on a picture.", metavar="MIB"
        ),
    ] = 6144,
    max_connections: Annotated[
        int,
        typer.Option(
            min=16,
            help="Most connections at once; fewer where the system allows few open files.",
            metavar="N",
        ),
    ] = 600,
    max_seconds: Annotated[
        int,
        typer.Option(
            min=1, help="Longest time for each of sending, waiting and working.", metavar="N"
        ),
    ] = 120,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Offer a page in the browser, and the same over HTTP, until Ctrl-C.

    On this machine only, unless there is a token. Nothing is written to disk, and nothing kept.
    """
    try:
        from ..service import server
        from ..service.app import create_app
        from ..service.limits import Limits
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in REQUIREMENTS:
            raise
        raise ModelError(f"The service needs {missing}: pip install 'proface[serve]'") from error
    token = None if token_file is None else _token(token_file)
    limits = Limits(
        upload=max_upload * _MEBIBYTE,
        pixels=max_pixels * 10**6,
        faces=max_faces,
        working=max_working,
        waiting=max_waiting,
        memory=max_memory * _MEBIBYTE,
        key_memory=max_key_memory * _MEBIBYTE,
        work_memory=max_work_memory * _MEBIBYTE,
        connections=max_connections,
        seconds=max_seconds,
    )
    with server.listen(host, port, token is not None) as listener:
        address = server.address_of(listener)
        say(f"proface is at {address}")
        say("Ctrl-C ends it. Nothing is written to disk, and nothing kept after an answer.")
        if open_page:
            typer.launch(address)
        server.run(create_app(limits, token, allow_host or ()), listener, limits)


def _token(file: Path) -> str:
    """The token in a file.

    Raises:
        OptionError: there is none, or it is too short to be worth having.
    """
    try:
        with file.open(encoding="utf-8-sig") as stream:
            token = stream.readline(4096).strip()
    except (OSError, ValueError) as error:
        raise OptionError(f"cannot read the token file {file}: {error}") from error
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise OptionError(
            f"the first line of {file} must be a token of at least {_SHORTEST_TOKEN} ASCII "
            "characters; `python3 -c 'import secrets; print(secrets.token_urlsafe())'` makes one"
        )
    return token
