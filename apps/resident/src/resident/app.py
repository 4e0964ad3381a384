"""The residents' pages, composed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import resident.drafts.tables
import resident.publication.tables
import resident.submission.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app
from resident.drafts import actions as drafts
from resident.forms.routes import check, ends, questions, services
from resident.publication.actions.folder import follow_folder
from resident.publication.routes import charges, recipes
from resident.settings import Settings
from resident.shared.pages import PATH, pages
from resident.shared.platform import open_platform
from resident.shared.tables import metadata
from resident.submission import routes as submission
from resident.submission.actions import hand_over


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    async with open_platform(app), follow_folder(app):
        yield


service = Service(
    name="resident",
    title="Townhall Resident",
    path=PATH,
    settings=Settings,
    metadata=metadata,
    routers=[
        recipes.router,
        charges.router,
        submission.router,
        services.router,
        check.router,
        ends.router,
        questions.router,
    ],
    pages=pages,
    jobs=[hand_over.handlers],
    purges=[*drafts.PURGES, *hand_over.PURGES],
    start=_start,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
