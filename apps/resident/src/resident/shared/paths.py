"""The part of a path that names a service: never ``v1``, below which the API is."""

from typing import Final

from starlette.convertors import StringConvertor, register_url_convertor


class ServiceConvertor(StringConvertor):
    """Matches a slug, which has three characters at least."""

    regex = "[a-z][a-z0-9-]{1,38}[a-z0-9]"


register_url_convertor("service", ServiceConvertor())

SERVICE: Final = "/{service:service}"
"""Begins the path of a service's page below the council's."""
