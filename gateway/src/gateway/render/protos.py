"""How Envoy's configuration is written down in JSON."""

from typing import Any

Json = dict[str, Any]

_TYPES = "type.googleapis.com/"


def typed(message: str, /, **fields: Any) -> Json:
    """A message in an ``Any``: its full name, and its fields."""
    return {"@type": _TYPES + message, **fields}


def named(name: str, message: str, /, **fields: Any) -> Json:
    """An extension: the name by which others refer to it, and its configuration."""
    return {"name": name, "typed_config": typed(message, **fields)}


def endpoint(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}


def header(name: str, value: str, action: str) -> Json:
    """One header to add; ``action`` is a ``HeaderAppendAction``."""
    return {"header": {"key": name, "value": value}, "append_action": action}


def discovery(file: str, folder: str) -> Json:
    """A resource file which Envoy reads again whenever a file is moved into the folder."""
    return {
        "path_config_source": {"path": file, "watched_directory": {"path": folder}},
        "resource_api_version": "V3",
    }
