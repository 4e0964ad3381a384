"""Rate limits: how often something may be done by a credential, from an address, for any named subject.

``LocalLimiter`` counts in the process's memory, at next to no cost: the pace of clients.
``SharedLimiter`` counts in PostgreSQL, exact over all replicas: guesses of secrets, and what costs money.
``ConcurrencyLimiter`` bounds what is worked on at once. All refuse with the same 429.

A limit is a setting, ``IDENTITY_LIMIT_PASSWORDS_FOR_ADDRESS=10/15min`` (``chassis.rates.limits``).
"""

from chassis.rates.concurrency import ConcurrencyLimiter
from chassis.rates.limits import GuessLimitSetting, Limit, LimitSetting, limit_setting
from chassis.rates.local import LocalLimiter
from chassis.rates.networks import network_of, subscriber_network
from chassis.rates.refusals import Refusal
from chassis.rates.shared import SharedLimiter

__all__ = [
    "ConcurrencyLimiter",
    "GuessLimitSetting",
    "Limit",
    "LimitSetting",
    "LocalLimiter",
    "Refusal",
    "SharedLimiter",
    "limit_setting",
    "network_of",
    "subscriber_network",
]
