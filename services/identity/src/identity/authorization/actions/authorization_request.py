"""A request to sign somebody in, as a client sends it: whose it is, what it asks, and how it is refused."""

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
    """The answer to the client: where the browser goes now."""

    url: str


async def client_of(provider: Provider, given: Mapping[str, str]) -> Client:
    """The client that a request is for. Raises PageError."""
    client_id = given.get("client_id", "")
    record = await provider.get_client(client_id)
    if record is None or record.party is None:
        raise PageError("The client_id is not one of a service registered here.")
    if record.status != "active":
        raise PageError("The council of this service is suspended.")
    return Client(client_id, record)


async def check(
    provider: Provider, client: Client, given: Mapping[str, str], endpoint: str
) -> AuthorizationRequest | Redirect:
    """The request, or where the browser goes with what is wrong. Raises PageError."""
    inside = given
    try:
        inside = await _inside(provider, client, given, endpoint)
        return _read(provider, client, inside)
    except RequestError as error:
        return refusal(provider, authorization_requests.parse_target(inside, client.party), error)


async def judge(
    provider: Provider, client: Client, given: Mapping[str, str], endpoint: str
) -> AuthorizationRequest:
    """The same for a client that is answered at once. Raises PageError, RequestError."""
    return _read(provider, client, await _inside(provider, client, given, endpoint))


def _read(provider: Provider, client: Client, given: Mapping[str, str]) -> AuthorizationRequest:
    """The request, for the person its id_token_hint names if it has one (OIDC Core 3.1.2.1)."""
    request, token = authorization_requests.parse_request(given, client.party), given.get("id_token_hint")
    if token is None:
        return request
    hint = rp_initiated_logout.parse_id_token_hint(provider.issuer, token)
    if hint.get("aud") != client.client_id:
        raise RequestError("invalid_request", "id_token_hint is not an id_token of this client.")
    return replace(request, subject=str(hint.get("sub")))


async def _inside(
    provider: Provider, client: Client, given: Mapping[str, str], endpoint: str
) -> Mapping[str, str]:
    """The parameters, from the object the client signed if there is one. Raises RequestError."""
    if "request" not in given:
        return given
    issuer = provider.issuer
    audiences = frozenset({issuer.url, f"{issuer.url}authorize", f"{issuer.url}{endpoint}"})
    try:
        provider.start_key_refresh(
            assertions.parse_unverified(given["request"], request_objects.TYPES), client
        )
        unverified = request_objects.look(given["request"], client.client_id)
        own = await provider.load_keys(unverified, client.record)
        return request_objects.read(given, unverified, own, audiences, issuer.clock())
    except assertions.RefusedError as error:
        raise RequestError("invalid_request_object", f"{error}.") from error


def unless_pushed(
    provider: Provider, client: Client, request: AuthorizationRequest | Redirect
) -> AuthorizationRequest | Redirect:
    """The request, unless the client is bound to push its requests (RFC 9126 section 6)."""
    if isinstance(request, Redirect) or not client.party.par_required:
        return request
    error = RequestError("invalid_request", "This client must push its requests.")
    return refusal(provider, request.target, error)


def refusal(provider: Provider, target: RedirectTarget, error: RequestError) -> Redirect:
    """An error of RFC 6749 section 4.1.2.1, to a redirect URI that is the client's."""
    said = {"error": error.error, "error_description": error.description}
    return Redirect(written(provider, target, said))


def written(provider: Provider, target: RedirectTarget, said: Mapping[str, str]) -> str:
    """The URL of an answer, with ``iss`` (RFC 9207), so that answers of two issuers cannot be mixed up."""
    return redirects.add_parameters(
        target.redirect_uri, {**said, "state": target.state, "iss": provider.issuer.url}
    )
