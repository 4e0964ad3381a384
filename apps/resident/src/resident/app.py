"""The residents' pages, composed."""

from fastapi import FastAPI

import resident.drafts.tables
import resident.publication.tables
import resident.submission.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app
from resident.drafts import actions as drafts
from resident.forms import routes as forms
from resident.settings import Settings
from resident.shared.pages import PATH, pages
from resident.shared.platform import open_platform
from resident.shared.tables import metadata
from resident.submission import routes as submission
from resident.submission.actions import hand_over

service = Service(
    name="resident",
    title="Townhall Resident",
    path=PATH,
    settings=Settings,
    metadata=metadata,
    routers=[submission.router, forms.router],
    pages=pages,
    jobs=[hand_over.handlers],
    purges=[*drafts.PURGES, *hand_over.PURGES],
    start=open_platform,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
