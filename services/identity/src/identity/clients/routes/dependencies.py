"""FastAPI dependencies: the provider, and the client that calls."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from chassis.rates import network_of
from identity.clients.actions.authentication import (
    AuthenticatedClient,
    Client,
    Provider,
    identify,
    require_authentication,
)
from identity.shared.oauth import token_requests
from identity.shared.oauth_responses import to_problem


async def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


TheProvider = Annotated[Provider, Depends(_provider)]


async def _clear_cache(provider: TheProvider) -> AsyncIterator[None]:
    yield
    provider.client_cache.clear()


CacheCleared = Annotated[None, Depends(_clear_cache, scope="function")]
"""Clears this process's client cache before the response leaves. Declare it before the session."""


async def authenticate_client(
    request: Request, provider: Provider, endpoint: str
) -> tuple[AuthenticatedClient, dict[str, str]]:
    """Authenticate the client that posts a form to ``endpoint``: the client, and the form.

    Raises Problem with OAuth's error, also for a public client.
    """
    client, fields = await identify_client(request, provider, endpoint)
    try:
        return require_authentication(client), fields
    except token_requests.OAuthError as error:
        raise to_problem(error) from error


async def identify_client(
    request: Request, provider: Provider, endpoint: str
) -> tuple[Client, dict[str, str]]:
    """Identify the client that posts a form to ``endpoint``, also a public one: the client, and the form.

    Raises Problem with OAuth's error.
    """
    headers = request.headers
    try:
        fields = token_requests.parse_form(
            headers.get("content-type", ""), request.url.query, await request.body()
        )
        credentials = token_requests.parse_credentials(headers.get("authorization"), fields)
        client = await identify(provider, credentials, network_of(request), endpoint)
    except token_requests.OAuthError as error:
        raise to_problem(error) from error
    return client, fields
