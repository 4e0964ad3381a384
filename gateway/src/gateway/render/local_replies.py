"""The gateway's own answers: when it gives each, and with what.

Most are problems (RFC 9457). Below the base of an outside contract they have that contract's shape, which
the service declares in its contract.
"""

from collections.abc import Iterator, Sequence

from gateway.contracts import ErrorShape
from gateway.render import rbac
from gateway.render.claim_headers import CLIENT
from gateway.render.error_texts import LocalReply, build_problem, build_text
from gateway.render.protos import Json, build_header
from gateway.render.rate_limits import TOKEN_PATH, describe_limit
from gateway.render.reply_filters import (
    match_all,
    match_overload,
    match_path,
    match_presence,
    match_status,
    match_token_fault,
    match_verdict,
)
from gateway.settings import Settings

# A filter that has set a header itself knows better: `any-limit` names its own limit.
_IF_ABSENT = "ADD_IF_ABSENT"
_CHALLENGE = "www-authenticate"
_RETRY_AFTER = "retry-after"


_INVALID = (_CHALLENGE, 'Bearer error="invalid_token"')

REPLIES = (
    LocalReply(
        match_token_fault("Jwt_is_missing"), 401, "missing-credential",
        "Send a token as Authorization: Bearer, or a key as X-Api-Key.", ((_CHALLENGE, "Bearer"),),
    ),
    LocalReply(
        match_token_fault("Jwt_is_expired"), 401, "expired-credential",
        "The credential has expired. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        match_token_fault("Jwks_remote_fetch_is_failed"), 503, "issuer-unavailable",
        "The issuer's keys cannot be read just now. Try again.", ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        match_token_fault(""), 401, "invalid-credential",
        "The credential was not issued here for this. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        match_verdict(rbac.REVOKED), 401, rbac.REVOKED,
        "The credential has been revoked. Ask for a new one.", (_INVALID,),
    ),
    LocalReply(
        match_verdict(rbac.SUSPENDED), 403, rbac.SUSPENDED,
        "The council is suspended. Ask the operator of the region.",
    ),
    LocalReply(
        match_verdict(rbac.STARTING), 503, rbac.STARTING,
        "The gateway does not know its councils yet. Try again.", ((_RETRY_AFTER, "1"),),
    ),
    LocalReply(
        match_status(404), 404, "unknown-path",
        "Nothing is at this path. The paths are in the contracts of the services.",
    ),
    LocalReply(
        match_status(413), 413, "body-too-large",
        "The body is larger than this operation takes. Send less, or in parts.",
    ),
    LocalReply(
        match_status(431), 431, "headers-too-large", "Send a shorter URL, and fewer or shorter headers.",
    ),
    LocalReply(
        match_status(426), 426, "http-version", "Use HTTP/1.1 or HTTP/2.",
    ),
    LocalReply(
        match_status(408), 408, "request-timeout", "The request took too long to arrive. Send it again.",
    ),
    LocalReply(
        match_status(504), 504, "service-timeout",
        "The service took too long. Look whether the change was made before you repeat one.",
    ),
    LocalReply(
        match_overload(), 503, "gateway-overloaded",
        "The gateway has more to do than it can hold. Try again.", ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        match_status(502, 503), 503, "service-unavailable", "The service cannot be reached. Try again.",
        ((_RETRY_AFTER, "2"),),
    ),
    LocalReply(
        match_status(500, 599), 500, "gateway-fault", "A fault of the gateway. Try again later.",
        keeps_status=True,
    ),
    LocalReply(
        match_status(400, 499), 400, "bad-request",
        "The request breaks a rule of HTTP or has a path that is not allowed. Correct it.",
        keeps_status=True,
    ),
)  # fmt: skip


def build_local_replies(settings: Settings, shapes: Sequence[ErrorShape]) -> Json:
    """Build the ``local_reply_config``: Envoy gives the first answer that fits."""
    replies = (*_list_limits(settings), *REPLIES)
    return {"mappers": [mapper for reply in replies for mapper in _build_mappers(reply, shapes)]}


def _list_limits(settings: Settings) -> Iterator[LocalReply]:
    """List the refusals by a limit: each names its own."""
    limits = (
        (match_path(f"{TOKEN_PATH}.*"), describe_limit("token", settings.token_rate, settings.token_burst)),
        (
            match_presence(CLIENT),
            describe_limit("credential", settings.credential_rate, settings.credential_burst),
        ),
        (None, describe_limit("address", settings.address_rate, settings.address_burst)),
    )
    for condition, headers in limits:
        yield LocalReply(
            [*match_status(429), *([condition] if condition else [])],
            429,
            "too-many-requests",
            "Wait as Retry-After says, then send fewer requests.",
            tuple(headers),
        )


def _build_mappers(reply: LocalReply, shapes: Sequence[ErrorShape]) -> Iterator[Json]:
    """Build the answer in every shape, and last as a problem."""
    status, *others = reply.when
    for shape in shapes:
        below = match_path(rf"{shape.paths}(?:\?.*)?")
        for template in shape.templates:
            where = [match_path(f".*(?:{template.where}).*")] if template.where else []
            yield _build_mapper(reply, [status, below, *where, *others], build_text(reply, template))
    yield _build_mapper(reply, reply.when, build_problem(reply))


def _build_mapper(reply: LocalReply, conditions: list[Json], body: Json) -> Json:
    mapper: Json = {
        "filter": match_all(conditions),
        "headers_to_add": [build_header(name, value, _IF_ABSENT) for name, value in reply.headers],
        "body_format_override": body,
    }
    return mapper if reply.keeps_status else {**mapper, "status_code": reply.status}
