"""What routes need of the issuer, as FastAPI dependencies."""

import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from identity.issuer.actions.signing_keys import Issuer
from identity.shared.outages import DATABASE_UNAVAILABLE

log = logging.getLogger(__name__)


async def _get_issuer(request: Request) -> Issuer:
    issuer: Issuer = request.app.state.issuer
    return issuer


async def _refresh_directory(request: Request) -> AsyncIterator[None]:
    yield
    try:
        await request.app.state.directory.refresh()
    except DATABASE_UNAVAILABLE as error:  # the change is made; this process hears of it as others do
        log.warning("the councils could not be read again: %s", error)


TheIssuer = Annotated[Issuer, Depends(_get_issuer)]
DirectoryRefresh = Annotated[None, Depends(_refresh_directory, scope="function")]
"""Name it before the session: it ends after the commit and before the answer leaves, so the process
that made a change answers by it at once; others hear of it within milliseconds."""
