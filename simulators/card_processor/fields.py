"""Members of a request, each checked for its type and its bounds."""

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from simulators.card_processor.errors import ApiError

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_REQUIRED: Any = object()


class Fields:
    """The members of a request. ``finish`` refuses those that nobody read."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = dict(members)

    def _take(self, name: str, default: Any) -> Any:
        value = self._members.pop(name, None)
        if value is None and default is _REQUIRED:
            raise ApiError(400, "missing", f"Send {name}", name)
        return default if value is None else value

    def integer(self, name: str, least: int, most: int, default: Any = _REQUIRED) -> Any:
        """Take a whole number."""
        value = self._take(name, default)
        if value is not default and (not isinstance(value, int) or isinstance(value, bool)):
            _refuse(name, f"{name} must be a whole number")
        if value is not default and not least <= value <= most:
            _refuse(name, f"{name} must be {least} to {most}")
        return value

    def text(self, name: str, most: int, default: Any = _REQUIRED) -> Any:
        """Take a text of 1 to ``most`` characters, without control characters."""
        value = self._take(name, default)
        if value is not default and (not isinstance(value, str) or not 0 < len(value) <= most):
            _refuse(name, f"{name} must be a text of 1 to {most} characters")
        if value is not default and _CONTROL.search(value):
            _refuse(name, f"{name} has a character that cannot be shown")
        return value

    def flag(self, name: str, default: Any = _REQUIRED) -> Any:
        """Take true or false."""
        value = self._take(name, default)
        if value is not default and not isinstance(value, bool):
            _refuse(name, f"{name} must be true or false")
        return value

    def choice(self, name: str, options: Collection[str], default: Any = _REQUIRED) -> Any:
        """Take one of some words."""
        value = self._take(name, default)
        if value is not default and (not isinstance(value, str) or value not in options):
            _refuse(name, f"{name} must be one of: {', '.join(options)}")
        return value

    def url(self, name: str, default: Any = _REQUIRED) -> Any:
        """Take an http or https address of at most 2,000 characters."""
        value = self.text(name, 2000, default)
        if value is default:
            return value
        try:
            parts = urlsplit(value)
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or not value.isascii() or re.search(r"[\s;,*'\"<>\\]", value) or "@" in parts.netloc:
            _refuse(name, f"{name} must be a whole http or https address, its odd characters encoded")
        return value

    def objects(self, name: str, most: int) -> list["Fields"]:
        """Take a list of at most ``most`` objects."""
        value = self._take(name, [])
        if (
            not isinstance(value, list)
            or len(value) > most
            or not all(isinstance(item, dict) for item in value)
        ):
            _refuse(name, f"{name} must be a list of at most {most} objects")
        return [Fields(item) for item in value]

    def finish(self) -> None:
        """Refuse members that the request does not have."""
        if self._members:
            name = min(self._members)[:50]
            label = _CONTROL.sub("?", name)
            raise ApiError(400, "unknown_member", f"There is no {label} here", label)


def _refuse(field: str, reason: str) -> NoReturn:
    raise ApiError(400, "invalid_value", reason, field)
