"""A typed client: ``Townhall`` and ``AsyncTownhall`` send operations of ``townhall_client.api``."""

from townhall_client.calls import Call, Page
from townhall_client.client import AsyncTownhall, Townhall
from townhall_client.credentials import ApiKey, ClientSecret, Credential, PersonToken, PrivateKeyJwt
from townhall_client.problems import FieldProblem, Problem, TownhallError, UnreachableError
from townhall_client.retries import RetryPolicy
from townhall_client.types import UNSET

__all__ = [
    "UNSET",
    "ApiKey",
    "AsyncTownhall",
    "Call",
    "ClientSecret",
    "Credential",
    "FieldProblem",
    "Page",
    "PersonToken",
    "PrivateKeyJwt",
    "Problem",
    "RetryPolicy",
    "Townhall",
    "TownhallError",
    "UnreachableError",
]
