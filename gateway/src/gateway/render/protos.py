"""Build the messages that recur in Envoy's configuration, in protobuf's JSON form."""

from typing import Any

Json = dict[str, Any]

_TYPES = "type.googleapis.com/"


def pack_any(message: str, /, **fields: Any) -> Json:
    """Pack a message in an ``Any``: its full name, and its fields."""
    return {"@type": _TYPES + message, **fields}


def build_extension(name: str, message: str, /, **fields: Any) -> Json:
    """Build an extension: the name by which others refer to it, and its configuration."""
    return {"name": name, "typed_config": pack_any(message, **fields)}


def build_address(host: str, port: int) -> Json:
    """Build a socket address."""
    return {"socket_address": {"address": host, "port_value": port}}


def build_header(name: str, value: str, action: str) -> Json:
    """Build a header to add; ``action`` is a ``HeaderAppendAction``."""
    return {"header": {"key": name, "value": value}, "append_action": action}


def build_config_source(file: str, folder: str) -> Json:
    """Build the source of a resource file: Envoy reads it again when a file is moved into the folder."""
    return {
        "path_config_source": {"path": file, "watched_directory": {"path": folder}},
        "resource_api_version": "V3",
    }
