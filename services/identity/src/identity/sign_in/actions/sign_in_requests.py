"""What a client asks of the sign-in that it sent a browser to."""

from chassis import clock, ids
from chassis.database import ReadSession
from identity.assurance.rules import SignInRequest
from identity.grants.actions import pending_requests
from identity.shared.oauth import authorization_requests, redirects


async def get(session: ReadSession, request_id: str) -> SignInRequest | None:
    """Get the request with this id, which stands in the address; None when it is unknown or too old."""
    row = await pending_requests.get_request(session, request_id, clock.now())
    if row is None:
        return None
    request = authorization_requests.restore_request(row.request)
    return SignInRequest(
        client_id=ids.show(row.client),
        client_name=row.client_name,
        council=row.council,
        level=request.level,
        prompt=frozenset(request.prompts),
        max_age=request.max_age,
        login_hint=request.login_hint,
        language=request.language,
        origin=redirects.build_csp_source(request.redirect_uri),
        identity=request.identity,
    )
