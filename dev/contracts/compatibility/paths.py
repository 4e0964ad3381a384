"""Paths of an OpenAPI document, and their operations."""

import re
from collections.abc import Iterator
from typing import Any

from dev.contracts.compatibility.documents import Document

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_PARAMETER = re.compile(r"{([^}]*)}")


def erase_names(path: str) -> str:
    """Erase the parameters' names from a path: a client does not see them."""
    return _PARAMETER.sub("{}", path)


def list_names(path: str) -> list[str]:
    """List the parameters' names in the order of the path."""
    return _PARAMETER.findall(path)


def list_operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List (path, method, operation), each with what its path says of all operations.

    A parameter in the path is known by its position, since a client does not see its name.
    """
    for path, reference in document.root.get("paths", {}).items():
        item = document.follow(reference)
        for method in METHODS:
            if method in item:
                declared = [*item.get("parameters", []), *item[method].get("parameters", [])]
                followed = [document.follow(parameter) for parameter in declared]
                parameters = {_get_key(parameter, path): parameter for parameter in followed}
                yield path, method, {**item[method], "parameters": parameters}


def _get_key(parameter: dict[str, Any], path: str) -> tuple[str, str]:
    name = parameter["name"]
    if parameter["in"] == "path" and name in list_names(path):
        return ("path", str(list_names(path).index(name)))
    return (parameter["in"], name.lower() if parameter["in"] == "header" else name)
