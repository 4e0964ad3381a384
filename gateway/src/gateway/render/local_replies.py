"""The gateway's own answers: the code of each refusal, and the shapes of their bodies.

Most are problems (RFC 9457). Below the base of an outside contract they have that contract's shape.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gateway.render import rbac
from gateway.render.protos import Json, build_extension, build_header

_CEL = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
_INSTANCE = "%PATH(NQ)%"
_OVERWRITE = "OVERWRITE_IF_EXISTS_OR_ADD"
_CHALLENGE = "www-authenticate"
_RETRY_AFTER = "retry-after"


@dataclass(frozen=True, slots=True)
class LocalReply:
    """An answer of the gateway. ``when`` is a CEL expression over ``response``.

    ``status`` 0 keeps the status Envoy chose.
    """

    when: str
    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """An outside contract's error body. ``base`` is the path after ``/{council}/``."""

    base: str
    media_type: str
    write: Callable[[LocalReply], Json]


def _when_denied(name: str) -> str:
    return f"response.code_details == 'rbac_access_denied_matched_policy[{name}]'"


def _when_token_fails(fault: str) -> str:
    return f"response.code_details == 'jwt_authn_access_denied{{{fault}}}'"


def _when_status(*statuses: int) -> str:
    return " || ".join(f"response.code == {status}" for status in statuses)


_INVALID = (_CHALLENGE, 'Bearer error="invalid_token"')

REPLIES = (
    LocalReply(
        _when_status(429), 429, "too-many-requests", "Wait as Retry-After says, then send fewer requests.",
        ((_RETRY_AFTER, "1"),),
    ),
    LocalReply(
        _when_token_fails("Jwt_is_missing"), 401, "missing-credential",
        "Send a token as Authorization: Bearer, or a key as X-Api-Key.", ((_CHALLENGE, "Bearer"),),
    ),
    LocalReply(
        _when_token_fails("Jwt_is_expired"), 401, "expired-credential",
        "The credential has expired. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        _when_token_fails("Jwks_remote_fetch_is_failed"), 503, "issuer-unavailable",
        "The issuer's keys cannot be read just now. Try again.", ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        "response.code_details.startsWith('jwt_authn_access_denied')", 401, "invalid-credential",
        "The credential was not issued here for this. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        _when_denied(rbac.REVOKED), 401, rbac.REVOKED,
        "The credential has been revoked. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        _when_denied(rbac.SUSPENDED), 403, rbac.SUSPENDED,
        "The council is suspended. Ask the operator of the region.",
    ),
    LocalReply(
        _when_denied(rbac.UNKNOWN), 404, rbac.UNKNOWN,
        "There is no such council here. Check the first part of the path.",
    ),
    LocalReply(
        _when_denied(rbac.STARTING), 503, rbac.STARTING,
        "The gateway does not know its councils yet. Try again.", ((_RETRY_AFTER, "1"),),
    ),
    LocalReply(
        _when_status(404), 404, "unknown-path",
        "Nothing is at this path. The paths are in the contracts of the services.",
    ),
    LocalReply(
        _when_status(413), 413, "body-too-large",
        "The body is larger than this operation takes. Send less, or in parts.",
    ),
    LocalReply(
        _when_status(431), 431, "headers-too-large", "Send a shorter URL, and fewer or shorter headers.",
    ),
    LocalReply(
        _when_status(408), 408, "request-timeout", "The request took too long to arrive. Send it again.",
    ),
    LocalReply(
        _when_status(504), 504, "service-timeout",
        "The service took too long. Look whether the change was made before you repeat one.",
    ),
    LocalReply(
        "response.code_details == 'overload'", 503, "gateway-overloaded",
        "The gateway has more to do than it can hold. Try again.", ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        _when_status(502, 503), 503, "service-unavailable", "The service cannot be reached. Try again.",
        ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        "response.code >= 500", 0, "gateway-fault", "A fault of the gateway. Try again later.",
    ),
    LocalReply(
        "response.code >= 400", 0, "bad-request",
        "The request breaks a rule of HTTP or has a path that is not allowed. Correct it.",
    ),
)  # fmt: skip


def _write_problem(reply: LocalReply) -> Json:
    return {
        "type": f"urn:townhall:problem:{reply.code}",
        "title": HTTPStatus(reply.status).phrase if reply.status else "Refused by the gateway",
        "status": _get_status(reply),
        "detail": reply.detail,
        "code": reply.code,
        "instance": _INSTANCE,
    }


def _write_os_places(reply: LocalReply) -> Json:
    return {"error": {"statuscode": _get_status(reply), "message": reply.detail}}


def _write_scim(reply: LocalReply) -> Json:
    """Write a SCIM error (RFC 7644 section 3.12)."""
    schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return {"schemas": schemas, "status": str(_get_status(reply)), "detail": reply.detail}


def _get_status(reply: LocalReply) -> int | str:
    return reply.status or "%RESPONSE_CODE%"


PROBLEM = ErrorShape("", "application/problem+json", _write_problem)
SHAPES = (
    ErrorShape("address/search/places/v1", "application/json", _write_os_places),
    ErrorShape("identity/scim/v2", "application/scim+json", _write_scim),
)


def build_local_replies() -> Json:
    """Build the ``local_reply_config``: Envoy gives the first answer that fits."""
    return {"mappers": [_build_mapper(reply, shape) for reply in REPLIES for shape in (*SHAPES, PROBLEM)]}


def _build_mapper(reply: LocalReply, shape: ErrorShape) -> Json:
    expression = f"({reply.when})"
    if shape.base:
        expression += f" && request.url_path.matches('^/[^/]+/{shape.base}(/|$)')"
    mapper: dict[str, Any] = {
        "filter": {"extension_filter": build_extension("expression", _CEL, expression=expression)},
        "headers_to_add": [build_header(name, value, _OVERWRITE) for name, value in reply.headers],
        "body_format_override": {"json_format": shape.write(reply), "content_type": shape.media_type},
    }
    if reply.status:
        mapper["status_code"] = reply.status
    return mapper
