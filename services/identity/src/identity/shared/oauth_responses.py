"""Errors and headers of OAuth endpoints (RFC 6749 section 5.2)."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from chassis.problems import ErrorTemplate, Problem
from identity.shared.oauth import token_requests

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_OAUTH_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_request_object",
        "unsupported_response_type",
        "temporarily_unavailable",
    }
)
_OAUTH_TEXT = '{"error":$code,"error_description":$detail}'
_CODES = {"429": "temporarily_unavailable", "4XX": "invalid_request", "5XX": "server_error"}
OAUTH_TEMPLATES = (ErrorTemplate(_OAUTH_TEXT, codes={"401": "invalid_client", **_CODES}),)
"""Errors of endpoints where a client authenticates."""
BEARER_TEMPLATES = (
    ErrorTemplate(_OAUTH_TEXT, codes={"401": "invalid_token", "403": "insufficient_scope", **_CODES}),
)
"""Errors of endpoints that an access token opens (RFC 6750 section 3.1)."""


def to_problem(error: token_requests.OAuthError) -> Problem:
    """Turn an OAuth error into a Problem, which ``render_oauth`` renders as OAuth requires."""
    return Problem(error.status, error.error, error.description)


def render_oauth(_: Request, problem: Problem) -> Response:
    """Render a Problem in the shape of RFC 6749 section 5.2."""
    headers = {**(problem.headers or {}), **NO_STORE}
    if problem.status_code == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Basic realm="identity"'
    error = problem.code
    if error not in _OAUTH_ERRORS:
        status = problem.status_code
        error = _CODES.get(str(status)) or _CODES[f"{status // 100}XX"]
    return JSONResponse({"error": error, "error_description": problem.detail}, problem.status_code, headers)
