"""The next step of an authorization request: the provider's state machine, without clock and database."""

from dataclasses import dataclass
from enum import Enum

from identity.shared.oauth import claims, vectors
from identity.shared.oauth.authorization_requests import AuthorizationRequest, RequestError
from identity.shared.oauth.relying_party import RelyingParty


class Step(Enum):
    """What must happen before the client gets its response."""

    SIGN_IN = "sign-in"
    TURN_AWAY = "turn-away"
    PROVE = "prove"
    CONSENT = "consent"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. ``authenticated_at`` in Unix seconds; ``identity`` the level proven.

    ``unproven``: asked for a proof, they chose to go on without. ``is_hinted``: the request means nobody
    else. ``admitted``: they may use the service, which in the sandbox only test people and testers may.
    ``is_staff``: they work for the council whose service it is.
    """

    level: str
    authenticated_at: float
    identity: str = vectors.NO_IDENTITY
    unproven: bool = False
    is_hinted: bool = True
    admitted: bool = True
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person has agreed to before, and when (Unix seconds)."""

    scopes: frozenset[str]
    claims: frozenset[str]
    given_at: float


def next_step(
    request: AuthorizationRequest,
    party: RelyingParty,
    person: Person | None,
    consent: Consent | None,
    requested_at: float,
    now: float,
) -> Step:
    """Decide the next step. Raises RequestError when the request ends here.

    It ends when something is missing and the person may not be asked for it.
    """
    if person is not None and not person.is_hinted and person.authenticated_at >= requested_at:
        raise RequestError("login_required", "Another person signed in than the id_token_hint names.")
    if person is None or not _is_signed_in(request, person, requested_at, now):
        step, error = Step.SIGN_IN, RequestError("login_required", "The person must sign in.")
    elif not person.admitted:
        step, error = Step.TURN_AWAY, build_not_admitted_error()
    elif not _is_identified(request, person):
        step, error = Step.PROVE, build_unproven_error()
    elif not _has_consent(request, party, person, consent, requested_at):
        step, error = Step.CONSENT, RequestError("consent_required", "The person must agree first.")
    else:
        return Step.ANSWER
    if "none" in request.prompts:
        raise error
    return step


def _is_signed_in(request: AuthorizationRequest, person: Person, requested_at: float, now: float) -> bool:
    enough = person.is_hinted and vectors.satisfies_level(person.level, request.level)
    return enough and _is_fresh(request, person, requested_at, now)


def _is_fresh(request: AuthorizationRequest, person: Person, requested_at: float, now: float) -> bool:
    """Whether the sign-in is as recent as required; one made for this request always is."""
    if person.authenticated_at >= requested_at:
        return True
    if {"login", "select_account"} & set(request.prompts):
        return False
    return request.max_age is None or now - person.authenticated_at <= request.max_age


def _is_identified(request: AuthorizationRequest, person: Person) -> bool:
    """Whether the proof is there, or the client wants to know that it is not and nobody is left to ask."""
    if vectors.satisfies_identity(person.identity, request.identity):
        return True
    return wants_return_code(request) and (person.unproven or "none" in request.prompts)


def wants_return_code(request: AuthorizationRequest) -> bool:
    """Whether the client wants a missing proof reported in userinfo (``returnCode``), not as an error."""
    return claims.RETURN_CODE in request.userinfo_claims


def build_unproven_error() -> RequestError:
    """Build the error for a request that ends without the proof it asks for."""
    return RequestError("access_denied", "The person's identity is not proven to the level asked for.")


def build_not_admitted_error() -> RequestError:
    """Build the error for a person who may not use the service."""
    return RequestError("access_denied", "The person may not use this service.")


def needs_consent(request: AuthorizationRequest, party: RelyingParty, person: Person) -> bool:
    """Whether the person must agree: always, but for a council's own service that asks for no claims.

    Of the council's staff it may ask for their name and e-mail address: consent that an employer asks for is
    not freely given, and decides nothing.
    """
    claims_to_agree = request.claims - claims.WORK_CLAIMS if person.is_staff else request.claims
    return not party.first_party or bool(claims_to_agree)


def _has_consent(
    request: AuthorizationRequest,
    party: RelyingParty,
    person: Person,
    consent: Consent | None,
    requested_at: float,
) -> bool:
    afresh = "consent" in request.prompts or not party.is_exclusive(request.redirect_uri)
    if not afresh and not needs_consent(request, party, person):
        return True
    if consent is None or (afresh and consent.given_at < requested_at):
        return False
    return consent.scopes.issuperset(request.scopes) and consent.claims >= request.claims
