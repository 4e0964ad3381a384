"""The limit of an answer that is ready-made: Starlette sends the bytes of a file, with nothing looked up."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def create() -> Starlette:
    """Build the application, for uvicorn's ``--factory``."""
    data = Path(os.environ["BARE_BYTES"]).read_bytes()

    async def send(_: Request) -> Response:
        return Response(data, media_type="application/octet-stream")

    async def live(_: Request) -> Response:
        return Response()

    return Starlette(routes=[Route("/bytes", send), Route("/live", live)])
