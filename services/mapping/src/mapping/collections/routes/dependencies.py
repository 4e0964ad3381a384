"""What routes that change layers share: their transaction, and the wait until readers here see it."""

import asyncio
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request

from chassis.database import Database
from chassis.problems import Problem
from mapping.collections.rules.layers import Layer

_PATIENCE = 2.0  # seconds that a writer waits to read what they wrote


class Freshness(Protocol):
    """What knows which versions of layers this process reads: ``mapping.snapshots``."""

    async def reach(self, layer: UUID, version: int) -> Layer:
        """Wait until this process knows a layer at a version."""


class LayerWrites:
    """The database and the wait of a request that changes layers.

    The transaction ends before the wait begins: ``async with writes.database.writing(council) as session``.
    """

    def __init__(self, request: Request) -> None:
        self.database: Database = request.app.state.database
        self._snapshots: Freshness = request.app.state.snapshots

    async def settle(self, layer: Layer, version: int) -> None:
        """Wait until this process reads what was written, so that its writer does too.

        If that takes long the writer is answered all the same: the change is made.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._snapshots.reach(layer.id, version)
        except (TimeoutError, Problem):
            return


async def _get_writes(request: Request) -> LayerWrites:
    return LayerWrites(request)


TheWrites = Annotated[LayerWrites, Depends(_get_writes)]
