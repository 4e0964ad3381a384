"""Conditions on a local reply, in the terms of Envoy's access log. All of them must hold.

An expression (CEL) costs ten times as much as a comparison, so it stands last and only where nothing else
tells refusals apart: a flood of them must not be dearer than the requests it asks for.
"""

from gateway.render.protos import Json, build_extension

_CEL = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"


def match_status(lowest: int, highest: int | None = None) -> list[Json]:
    """Match the status that Envoy chose: one, or a range."""
    if highest is None:
        return [_compare_status("EQ", lowest)]
    return [_compare_status("GE", lowest), _compare_status("LE", highest)]


def match_token_fault(fault: str) -> list[Json]:
    """Match a refusal by the token check; no fault means every other."""
    if not fault:
        return [
            *match_status(401, 403),
            _match("response.code_details.startsWith('jwt_authn_access_denied')"),
        ]
    return [*match_status(401), _match(f"response.code_details == 'jwt_authn_access_denied{{{fault}}}'")]


def match_verdict(name: str) -> list[Json]:
    """Match a verdict of the deny list."""
    details = f"rbac_access_denied_matched_policy[{name}]"
    return [*match_status(403), _match(f"response.code_details == '{details}'")]


def match_overload() -> list[Json]:
    """Match a refusal for want of memory."""
    return [*match_status(503), _match("response.code_details == 'overload'")]


def match_path(expression: str) -> Json:
    """Match the path with its query. A request that is refused before its path is known never matches."""
    return _match_header(":path", {"string_match": {"safe_regex": {"regex": expression}}})


def match_presence(header: str) -> Json:
    """Match requests with a header."""
    return _match_header(header, {"present_match": True})


def match_all(filters: list[Json]) -> Json:
    """Join the conditions; Envoy looks no further than the first that does not hold."""
    return filters[0] if len(filters) == 1 else {"and_filter": {"filters": filters}}


def _compare_status(operator: str, status: int) -> Json:
    # Envoy asks for a key by which the number could be changed while it runs; nobody sets one.
    value = {"default_value": status, "runtime_key": "townhall.none"}
    return {"status_code_filter": {"comparison": {"op": operator, "value": value}}}


def _match_header(name: str, matcher: Json) -> Json:
    return {"header_filter": {"header": {"name": name, **matcher}}}


def _match(expression: str) -> Json:
    return {"extension_filter": build_extension("expression", _CEL, expression=expression)}
