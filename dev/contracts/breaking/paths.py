"""Paths of an OpenAPI document."""

import re
from collections.abc import Iterator
from typing import Any

from dev.contracts.breaking.documents import Document

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_PLACE = re.compile(r"{([^}]*)}")


def shape(path: str) -> str:
    """The path without its parameters' names: a client does not see these."""
    return _PLACE.sub("{}", path)


def places(path: str) -> list[str]:
    """The parameters' names in the order of the path."""
    return _PLACE.findall(path)


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, method, operation) of each, with what the path says of all its operations.

    A parameter in the path is called by its place, since a client does not see its name.
    """
    for path, item in document.root.get("paths", {}).items():
        whole = document.follow(item)
        for method in METHODS:
            if method in whole:
                shared = [document.follow(one) for one in whole.get("parameters", [])]
                own = [document.follow(one) for one in whole[method].get("parameters", [])]
                parameters = {_key(one, path): one for one in (*shared, *own)}
                yield path, method, {**whole[method], "parameters": parameters}


def _key(parameter: dict[str, Any], path: str) -> tuple[str, str]:
    name = parameter["name"]
    if parameter["in"] == "path" and name in places(path):
        return ("path", str(places(path).index(name)))
    return (parameter["in"], name.lower() if parameter["in"] == "header" else name)
