"""The payments service and its application."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from payments.funds.actions import commands as fund_commands
from payments.funds.routes import funds, imports, payment_methods, reference_rules, vat_codes
from payments.settings import Settings
from payments.shared.tables import metadata

service = Service(
    name="payments",
    title="Townhall Payments",
    settings=Settings,
    metadata=metadata,
    routers=[
        funds.router,
        reference_rules.router,
        vat_codes.router,
        payment_methods.router,
        imports.router,
    ],
    commands={"import-funds": fund_commands.import_funds},
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
