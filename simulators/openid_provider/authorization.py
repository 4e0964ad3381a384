"""The answer to an authorization request: a redirect to the client with a code, or an error."""

from simulators.openid_provider.authorization_request import AuthorizationRequest
from simulators.openid_provider.claims import identity_level
from simulators.openid_provider.errors import AuthorizationError
from simulators.openid_provider.faults import NO_FAULTS, Faults, apply_changes
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.parameters import add_parameters
from simulators.openid_provider.providers import RETURN_CODE
from simulators.openid_provider.state import SimulatorState

ERRORS = (
    "access_denied",
    "temporarily_unavailable",
    "server_error",
    "login_required",
    "interaction_required",
)


def authorize_person(
    state: SimulatorState, request: AuthorizationRequest, choice: str, faults: Faults = NO_FAULTS
) -> str:
    """Sign a person in, or raise the error that the tester chose. Return the URL to redirect to.

    ``choice`` is a person's key or one of ``ERRORS``. Raises AuthorizationError for an error, and KeyError
    for an unknown person.
    """
    if choice in ERRORS:
        raise AuthorizationError(choice, "Chosen at the simulator")
    _check_person(state, request, choice)
    grant = Grant(request, choice, int(state.now()), faults)
    state.sessions.append(grant)
    parameters = {"code": state.codes.add(grant, state.now()), "state": request.state}
    return add_parameters(request.redirect_uri, apply_changes(parameters, state.faults_of(grant).redirect))


def _check_person(state: SimulatorState, request: AuthorizationRequest, person: str) -> None:
    """Raise AuthorizationError if the provider would not sign this person in."""
    if request.provider.kind == "directory":
        if not state.tenants[request.provider.tenant].staff[person].active:
            raise AuthorizationError("access_denied", "AADSTS50057: The user account is disabled")
        return
    level = identity_level(request, state.residents[person])
    if request.levels and not level and RETURN_CODE not in request.claims:
        raise AuthorizationError("access_denied", "The identity could not be proven")
