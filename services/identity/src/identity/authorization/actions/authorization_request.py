"""A client's authorization request: whose it is, whether it may be made, and how it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from identity.authorization.rules import request_objects
from identity.clients.actions.authentication import Client, Provider
from identity.logout.actions import rp_initiated_logout
from identity.shared.oauth import assertions, authorization_requests, redirects
from identity.shared.oauth.authorization_requests import (
    AuthorizationRequest,
    PageError,
    RedirectTarget,
    RequestError,
)


@dataclass(frozen=True, slots=True)
class Redirect:
    """The response to the client: where the browser goes now."""

    url: str


async def get_client(provider: Provider, parameters: Mapping[str, str]) -> Client:
    """Get the client that a request names. Raises PageError."""
    client_id = parameters.get("client_id", "")
    record = await provider.get_client(client_id)
    if record is None or record.party is None:
        raise PageError("The client_id is not one of a service registered here.")
    if record.status != "active":
        raise PageError("The council of this service is suspended.")
    return Client(client_id, record)


async def check_browser_request(
    provider: Provider, client: Client, parameters: Mapping[str, str]
) -> AuthorizationRequest | Redirect:
    """Check a request that a browser brings; an error redirects to the client. Raises PageError."""
    opened = parameters
    try:
        opened = await _open_request_object(provider, client, parameters, "authorize")
        request = _parse_request(provider, client, opened)
    except RequestError as error:
        target = authorization_requests.parse_target(opened, client.party)
        return redirect_with_error(provider, target, error)
    if client.party.par_required:  # RFC 9126 section 6
        unpushed = RequestError("invalid_request", "This client must push its requests.")
        return redirect_with_error(provider, request.target, unpushed)
    return request


async def check_pushed_request(
    provider: Provider, client: Client, parameters: Mapping[str, str]
) -> AuthorizationRequest:
    """Check a request that the client pushes. Raises PageError, RequestError."""
    opened = await _open_request_object(provider, client, parameters, "par")
    return _parse_request(provider, client, opened)


def redirect_with_error(provider: Provider, target: RedirectTarget, error: RequestError) -> Redirect:
    """Redirect to the client with an error of RFC 6749 section 4.1.2.1."""
    parameters = {"error": error.error, "error_description": error.description}
    return Redirect(build_response_url(provider, target, parameters))


def build_response_url(provider: Provider, target: RedirectTarget, parameters: Mapping[str, str]) -> str:
    """Build the URL of a response, with ``iss`` so that two issuers cannot be mixed up (RFC 9207)."""
    return redirects.add_parameters(
        target.redirect_uri, {**parameters, "state": target.state, "iss": provider.issuer.url}
    )


def _parse_request(provider: Provider, client: Client, parameters: Mapping[str, str]) -> AuthorizationRequest:
    """Parse the request, for the person its id_token_hint names if it has one (OIDC Core 3.1.2.1)."""
    request = authorization_requests.parse_request(parameters, client.party)
    token = parameters.get("id_token_hint")
    if token is None:
        return request
    hint = rp_initiated_logout.parse_id_token_hint(provider.issuer, token)
    if hint.get("aud") != client.client_id:
        raise RequestError("invalid_request", "id_token_hint is not an id_token of this client.")
    return replace(request, subject=str(hint.get("sub")))


async def _open_request_object(
    provider: Provider, client: Client, parameters: Mapping[str, str], endpoint: str
) -> Mapping[str, str]:
    """Take the parameters from the object the client signed, if there is one. Raises RequestError."""
    if "request" not in parameters:
        return parameters
    issuer, text = provider.issuer, parameters["request"]
    audiences = frozenset({issuer.url, f"{issuer.url}authorize", f"{issuer.url}{endpoint}"})
    try:
        provider.start_key_refresh(assertions.parse_unverified(text, request_objects.TYPES), client)
        unverified = request_objects.parse_unverified(text, client.client_id)
        keys = await provider.load_keys(unverified, client.record)
        return request_objects.verify_parameters(parameters, unverified, keys, audiences, issuer.clock())
    except assertions.RefusedError as error:
        raise RequestError("invalid_request_object", f"{error}.") from error
