"""FastAPI dependencies: the issuer, and a directory that knows a change at once."""

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
        await request.app.state.table_copies.refresh()
    except (
        DATABASE_UNAVAILABLE
    ) as error:  # the change is committed; this process gets it by event, as others do
        log.warning("the councils could not be read again: %s", error)


TheIssuer = Annotated[Issuer, Depends(_get_issuer)]
DirectoryRefresh = Annotated[None, Depends(_refresh_directory, scope="function")]
"""Reads councils and revocations again after the commit and before the response leaves.

Declare it before the session. The process that made a change acts on it at once, others in milliseconds.
"""
