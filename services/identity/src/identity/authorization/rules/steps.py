"""What comes next in a sign-in: the state machine of the provider, without its clock and its database."""

from dataclasses import dataclass
from enum import Enum

from identity.shared.oauth import claims, vectors
from identity.shared.oauth.authorization_requests import AuthorizationRequest, RequestError
from identity.shared.oauth.relying_party import RelyingParty


class Step(Enum):
    """What must happen before the client gets its answer."""

    SIGN_IN = "sign-in"
    PROVE = "prove"
    CONSENT = "consent"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. ``authenticated_at`` in Unix seconds; ``identity`` the level proven.

    ``unproven``: asked for a proof, this person chose to go on without. ``named``: no other is meant.
    """

    level: str
    authenticated_at: float
    identity: str = vectors.NO_IDENTITY
    unproven: bool = False
    named: bool = True


@dataclass(frozen=True, slots=True)
class Consented:
    """What the person has agreed to before, and when (Unix seconds)."""

    scopes: frozenset[str]
    claims: frozenset[str]
    given_at: float


def next_step(
    request: AuthorizationRequest,
    party: RelyingParty,
    person: Person | None,
    consented: Consented | None,
    asked_at: float,
    now: float,
) -> Step:
    """Raises RequestError when the request ends here: something is lacking and nobody may be asked."""
    if person is not None and not person.named and person.authenticated_at >= asked_at:
        raise RequestError("login_required", "Another person signed in than the id_token_hint names.")
    if person is None or not _signed_in(request, person, asked_at, now):
        step, error = Step.SIGN_IN, RequestError("login_required", "The person must sign in.")
    elif not _identified(request, person):
        step, error = Step.PROVE, not_proven()
    elif not _agreed(request, party, consented, asked_at):
        step, error = Step.CONSENT, RequestError("consent_required", "The person must agree first.")
    else:
        return Step.ANSWER
    if "none" in request.prompts:
        raise error
    return step


def _signed_in(request: AuthorizationRequest, person: Person, asked_at: float, now: float) -> bool:
    fits = person.named and vectors.satisfies_level(person.level, request.level)
    return fits and _fresh(request, person, asked_at, now)


def _fresh(request: AuthorizationRequest, person: Person, asked_at: float, now: float) -> bool:
    """Whether the sign-in is as recent as asked; one that was made for this request always is."""
    if person.authenticated_at >= asked_at:
        return True
    if {"login", "select_account"} & set(request.prompts):
        return False
    return request.max_age is None or now - person.authenticated_at <= request.max_age


def _identified(request: AuthorizationRequest, person: Person) -> bool:
    """Whether the proof is there, or the service is told that it is not and nobody is left to be asked."""
    if vectors.satisfies_identity(person.identity, request.identity):
        return True
    return tells(request) and (person.unproven or "none" in request.prompts)


def tells(request: AuthorizationRequest) -> bool:
    """Who asks for ``returnCode`` wants to hear of a missing proof in userinfo, not by an error."""
    return claims.RETURN_CODE in request.userinfo_claims


def not_proven() -> RequestError:
    """What a client hears whose request ends without the proof it asks for."""
    return RequestError("access_denied", "The person's identity is not proven to the level asked for.")


def needs_consent(request: AuthorizationRequest, party: RelyingParty) -> bool:
    """The council's own service needs none to sign somebody in; what it is told of him needs it."""
    return not party.first_party or bool(request.claims)


def _agreed(
    request: AuthorizationRequest, party: RelyingParty, consented: Consented | None, asked_at: float
) -> bool:
    afresh = "consent" in request.prompts or not party.assured(request.redirect_uri)
    if not afresh and not needs_consent(request, party):
        return True
    if consented is None or (afresh and consented.given_at < asked_at):
        return False
    return consented.scopes.issuperset(request.scopes) and consented.claims >= request.claims
