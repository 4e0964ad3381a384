"""What the worker purges, a batch at a time: sessions end, codes, requests and counts are deleted."""

from chassis.jobs import Every, Purge
from identity.accounts.actions import sessions
from identity.factors.actions import authentication, sms
from identity.grants.actions import grants
from identity.mandates.actions import mandates
from identity.proofs.actions import desk_codes
from identity.staff.actions import jit_provisioning
from identity.upstream_login.actions import login_states, logouts
from identity.upstreams.actions import keys
from identity.verification.actions import codes

_SOON = Every(30)  # services are to be told of an end
_LATER = Every(600)  # what has expired is refused at once: it only takes room

PURGES = (
    Purge("identity.expire_sessions", _SOON, sessions.expire, most=100),
    Purge("identity.purge_codes", _LATER, codes.purge_codes),
    Purge("identity.purge_attempts", _LATER, codes.purge_attempts),
    Purge("identity.purge_desk_codes", _LATER, desk_codes.purge_desk_codes),
    Purge("identity.purge_challenges", _LATER, authentication.purge_challenges),
    Purge("identity.purge_pending_sign_ins", _LATER, authentication.purge_pending),
    Purge("identity.purge_sms_counts", _LATER, sms.purge_counts),
    Purge("identity.purge_requests", _LATER, grants.purge_requests),
    Purge("identity.purge_access_tokens", _LATER, grants.purge_access_tokens),
    Purge("identity.purge_grants", _LATER, grants.purge),
    Purge("identity.purge_offers", _LATER, mandates.purge_offers),
    Purge("identity.purge_login_states", _LATER, login_states.purge_states),
    Purge("identity.purge_upstream_keys", _LATER, keys.purge_keys),
    Purge("identity.purge_upstream_logouts", _LATER, logouts.purge_logouts),
    Purge("identity.purge_absent_staff", _LATER, jit_provisioning.purge_absent, most=100),
)
