"""The gateway's own answers: what each refusal is called, and the bodies they are written in.

Most are problems (RFC 9457). Where an outside contract has its own errors, its shape holds below its base.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gateway.render import denials
from gateway.render.protos import Json, header, named

_CEL = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
_INSTANCE = "%PATH(NQ)%"
_REPLACE = "OVERWRITE_IF_EXISTS_OR_ADD"
_CHALLENGE = "www-authenticate"
_AFTER = "retry-after"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the gateway: when (a CEL expression over ``response``), and what it says.

    ``status`` 0 keeps the status Envoy chose.
    """

    when: str
    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """An outside contract's error body. ``base`` is the path after ``/{council}/``."""

    base: str
    media_type: str
    body: Callable[[Reply], Json]


def _denied(name: str) -> str:
    return f"response.code_details == 'rbac_access_denied_matched_policy[{name}]'"


def _token(*faults: str) -> str:
    return " || ".join(f"response.code_details == 'jwt_authn_access_denied{{{fault}}}'" for fault in faults)


def _status(*statuses: int) -> str:
    return " || ".join(f"response.code == {status}" for status in statuses)


_INVALID = (_CHALLENGE, 'Bearer error="invalid_token"')

REPLIES = (
    Reply(
        _status(429), 429, "too-many-requests", "Wait as Retry-After says, then send fewer requests.",
        ((_AFTER, "1"),),
    ),
    Reply(
        _token("Jwt_is_missing"), 401, "missing-credential",
        "Send a token as Authorization: Bearer, or a key as X-Api-Key.", ((_CHALLENGE, "Bearer"),),
    ),
    Reply(
        _token("Jwt_is_expired"), 401, "expired-credential",
        "The credential has expired. Ask for a new one.", (_INVALID,),
    ),
    Reply(
        _token("Jwks_remote_fetch_is_failed"), 503, "issuer-unavailable",
        "The issuer's keys cannot be read just now. Try again.", ((_AFTER, "2"),),
    ),
    Reply(
        "response.code_details.startsWith('jwt_authn_access_denied')", 401, "invalid-credential",
        "The credential was not issued here for this. Ask for a new one.", (_INVALID,),
    ),
    Reply(
        _denied(denials.REVOKED), 401, denials.REVOKED,
        "The credential has been revoked. Ask for a new one.", (_INVALID,),
    ),
    Reply(
        _denied(denials.SUSPENDED), 403, denials.SUSPENDED,
        "The council is suspended. Ask the operator of the region.",
    ),
    Reply(
        _denied(denials.UNKNOWN), 404, denials.UNKNOWN,
        "There is no such council here. Check the first part of the path.",
    ),
    Reply(
        _denied(denials.STARTING), 503, denials.STARTING,
        "The gateway does not know its councils yet. Try again.", ((_AFTER, "1"),),
    ),
    Reply(
        _status(404), 404, "unknown-path",
        "Nothing is at this path. The paths are in the contracts of the services.",
    ),
    Reply(
        _status(413), 413, "body-too-large",
        "The body is larger than this operation takes. Send less, or in parts.",
    ),
    Reply(_status(431), 431, "headers-too-large", "Send a shorter URL, and fewer or shorter headers."),
    Reply(_status(408), 408, "request-timeout", "The request took too long to arrive. Send it again."),
    Reply(
        _status(504), 504, "service-timeout",
        "The service took too long. Look whether the change was made before you repeat one.",
    ),
    Reply(
        "response.code_details == 'overload'", 503, "gateway-overloaded",
        "The gateway has more to do than it can hold. Try again.", ((_AFTER, "2"),),
    ),
    Reply(
        _status(502, 503), 503, "service-unavailable", "The service cannot be reached. Try again.",
        ((_AFTER, "2"),),
    ),
    Reply(
        "response.code >= 500", 0, "gateway-fault", "A fault of the gateway. Try again later.",
    ),
    Reply(
        "response.code >= 400", 0, "bad-request",
        "The request breaks a rule of HTTP or has a path that is not allowed. Correct it.",
    ),
)  # fmt: skip


def _problem(reply: Reply) -> Json:
    return {
        "type": f"urn:townhall:problem:{reply.code}",
        "title": HTTPStatus(reply.status).phrase if reply.status else "Refused by the gateway",
        "status": _shown(reply),
        "detail": reply.detail,
        "code": reply.code,
        "instance": _INSTANCE,
    }


def _places(reply: Reply) -> Json:
    return {"error": {"statuscode": _shown(reply), "message": reply.detail}}


def _scim(reply: Reply) -> Json:
    """RFC 7644 section 3.12."""
    schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return {"schemas": schemas, "status": str(_shown(reply)), "detail": reply.detail}


def _shown(reply: Reply) -> int | str:
    return reply.status or "%RESPONSE_CODE%"


PROBLEM = Shape("", "application/problem+json", _problem)
SHAPES = (
    Shape("address/search/places/v1", "application/json", _places),
    Shape("identity/scim/v2", "application/scim+json", _scim),
)


def replies() -> Json:
    """The ``local_reply_config``: the first answer that fits is given."""
    return {"mappers": [_mapper(reply, shape) for reply in REPLIES for shape in (*SHAPES, PROBLEM)]}


def _mapper(reply: Reply, shape: Shape) -> Json:
    expression = f"({reply.when})"
    if shape.base:
        expression += f" && request.url_path.matches('^/[^/]+/{shape.base}(/|$)')"
    mapper: dict[str, Any] = {
        "filter": {"extension_filter": named("expression", _CEL, expression=expression)},
        "headers_to_add": [header(name, value, _REPLACE) for name, value in reply.headers],
        "body_format_override": {"json_format": shape.body(reply), "content_type": shape.media_type},
    }
    if reply.status:
        mapper["status_code"] = reply.status
    return mapper
