"""A service's OpenAPI 3.1 document, from its code."""

from typing import Any

from chassis.app import Service, build, configure


def make_document(service: Service) -> dict[str, Any]:
    """Make what the service answers to ``/openapi.json`` with its default settings."""
    # The prefix is one nobody sets: what the machine's environment says must not get into the contract.
    values = {"database_url": "postgresql://nobody@127.0.0.1/none"}
    if "blobs" in service.settings.model_fields:
        values |= {"blobs": "file:///nowhere", "scanner": "test:"}
    settings = service.settings(_env_prefix="NOWHERE_SET_", **values)  # type: ignore[arg-type] # all texts
    app = build(service)
    configure(app, settings)
    return app.openapi()
