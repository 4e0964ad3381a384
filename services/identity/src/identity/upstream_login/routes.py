"""Receive logout tokens of upstreams (OpenID Connect Back-Channel Logout 1.0)."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from chassis.auth import public
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.types import Slug
from identity.accounts.routes import TheAuthContext
from identity.shared.oauth import token_requests
from identity.shared.oauth.token_requests import OAuthError
from identity.shared.oauth_responses import NO_STORE
from identity.shared.schemas import TokenError
from identity.upstream_login.actions import logouts
from identity.upstream_login.rules.id_tokens import InvalidTokenError
from identity.upstreams.actions.providers import ProviderUnavailableError

router = APIRouter(prefix="/identity/upstream", tags=["upstreams"])
log = logging.getLogger(__name__)

_FIELD = "logout_token"
_REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            token_requests.FORM: {
                "schema": {
                    "type": "object",
                    "required": [_FIELD],
                    "properties": {_FIELD: {"type": "string", "maxLength": token_requests.MAX_BODY}},
                }
            }
        },
    },
    "x-limits": {"body": token_requests.MAX_BODY},
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The sessions opened here by that sign-in have ended"},
    400: {"description": "The token is not valid", "model": TokenError},
    503: {"description": "The provider's keys cannot be read now: send the token again", "model": TokenError},
    **document_problems(404),
}


@router.post("/{council}/{upstream_id}/logout", responses=_RESPONSES, openapi_extra=_REQUEST_BODY)
async def hear_upstream_logout(
    _: Annotated[None, public], request: Request, council: Slug, upstream_id: Id, auth: TheAuthContext
) -> Response:
    """Report that a person has signed out at the provider.

    The sessions here that their sign-in there opened end, with their tokens. Their other sessions stay. Each
    `logout_token` counts once.
    """
    state = request.app.state
    try:
        body = await request.body()
        form = token_requests.parse_form(request.headers.get("content-type", ""), request.url.query, body)
        token = form.get(_FIELD, "")
        await logouts.receive_logout(state.database, auth, state.providers, council, upstream_id, token)
    except OAuthError as error:
        return _error(400, error.error, error.description)
    except InvalidTokenError as error:
        log.warning("a logout token of upstream %s of %s is not valid: %s", upstream_id, council, error)
        return _error(400, "invalid_request", f"The logout_token does not hold: {error}.")
    except (ProviderUnavailableError, TimeoutError) as error:
        log.warning("upstream %s of %s is unavailable: %s", upstream_id, council, error)
        return _error(503, "temporarily_unavailable", "Your keys cannot be read just now. Send it again.")
    return Response(status_code=200, headers=NO_STORE)


def _error(status: int, error: str, description: str) -> Response:
    """Build an error response (section 2.8)."""
    return JSONResponse({"error": error, "error_description": description}, status, NO_STORE)
