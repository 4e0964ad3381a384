"""The form of an answer, by the request's Accept header (RFC 9110, 12.5.1)."""

from collections.abc import Sequence

_HTML = "text/html"
_MOST = 20  # ranges that are read


def choose_form(accept: str, media_types: Sequence[str]) -> str | None:
    """Choose ``json`` (any of ``media_types``) or ``html``; None if neither is accepted.

    JSON is what a client without a preference gets.
    """
    ranges = [_read(part) for part in accept.split(",")[:_MOST] if part.strip()]
    if not ranges:
        return "json"
    json = max(_weigh(media_type, ranges) for media_type in (*media_types, "application/json"))
    html = _weigh(_HTML, ranges)
    if max(json, html) <= 0:
        return None
    return "html" if html > json else "json"


def _read(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    return name, weight


def _weigh(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most exact range that has a media type; 0 if none has."""
    name = media_type.partition(";")[0]
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        weights = [weight for text, weight in ranges if text == pattern]
        if weights:
            return max(weights)
    return 0.0
