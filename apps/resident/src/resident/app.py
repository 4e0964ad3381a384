"""The residents' pages, composed."""

from fastapi import FastAPI

import resident.drafts.tables
import resident.publication.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app
from resident.drafts.actions import PURGES
from resident.forms import routes as forms
from resident.settings import Settings
from resident.shared.pages import PATH, pages
from resident.shared.tables import metadata

service = Service(
    name="resident",
    title="Townhall Resident",
    path=PATH,
    settings=Settings,
    metadata=metadata,
    routers=[forms.router],
    pages=pages,
    purges=PURGES,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
