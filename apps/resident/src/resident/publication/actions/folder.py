"""Keeps what is live as a folder of recipes has it: on a laptop, where who writes a file is who runs it.

The files are looked at every second. A council's services are published once its credentials are there; one
that is refused is logged, and tried again when a file changes or after a while.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

from fastapi import FastAPI

from apps.recipes.load.faults import RecipeError
from apps.recipes.load.folder import RecipeFolder
from chassis.database import Database
from chassis.etags import Precondition
from chassis.problems import Problem
from resident.publication.actions.case_types import CaseTypes
from resident.publication.actions.credentials import list_publishers, open_publisher
from resident.publication.actions.publisher import Publisher
from resident.publication.actions.recipes import compile_folder, find_council
from resident.settings import Settings

log = logging.getLogger(__name__)

_BY = "resident.folder"
_EVERY = 1.0  # seconds between looks at the files
_AGAIN = 5.0  # seconds before what was refused is tried again
_ANY = Precondition(None)

Stamp = tuple[tuple[str, int], ...]


@asynccontextmanager
async def follow_folder(app: FastAPI) -> AsyncIterator[None]:
    """Follow the folder while the application runs, if its settings say so."""
    settings: Settings = app.state.settings
    if not settings.follow_recipes:
        yield
        return
    task = asyncio.create_task(FolderFollower(app.state.database, settings).run(), name="follow-recipes")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class FolderFollower:
    """Publishes what differs from the folder."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._folder = RecipeFolder(settings.recipes)

    async def run(self) -> None:
        """Publish whenever a file changes, for ever."""
        stamp_before, done, tried_at = Stamp(), False, 0.0
        while True:
            stamp = await asyncio.to_thread(self._stamp)
            if stamp != stamp_before or (not done and monotonic() - tried_at > _AGAIN):
                stamp_before, tried_at = stamp, monotonic()
                done = await self.publish_all()
            await asyncio.sleep(_EVERY)

    def _stamp(self) -> Stamp:
        files = [*self._settings.recipes.rglob("*"), self._settings.councils, self._settings.clients]
        return tuple(sorted((str(file), file.stat().st_mtime_ns) for file in files if file.is_file()))

    async def publish_all(self) -> bool:
        """Publish every service of every council with credentials; tell whether nothing was refused."""
        councils = await asyncio.to_thread(list_publishers, self._settings.clients)
        outcomes = [await self._publish_council(council) for council in councils]
        return bool(outcomes) and all(outcomes)

    async def _publish_council(self, council: str) -> bool:
        settings = self._settings
        platform = await asyncio.to_thread(open_publisher, settings.clients, settings.gateway_url, council)
        if platform is None:
            return False
        async with platform:
            publisher = Publisher(self._database, CaseTypes(platform), council, _BY, alone=True)
            services = await asyncio.to_thread(self._folder.list_services, council)
            return all([await self._publish(publisher, service) for service in services])

    async def _publish(self, publisher: Publisher, service: str) -> bool:
        try:
            council = await asyncio.to_thread(find_council, self._settings.councils, publisher.council)
            compiled = await asyncio.to_thread(compile_folder, self._folder, council, service)
            row = await publisher.send(compiled)
            await publisher.publish(service, row.id, _ANY)
        except RecipeError as error:
            for fault in error.faults:
                log.warning("recipe refused: %s", fault)
            return False
        except Problem as error:
            log.warning("recipe not published: %s %s: %s", publisher.council, service, error.detail)
            return False
        return True
