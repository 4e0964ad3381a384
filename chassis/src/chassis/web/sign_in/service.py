"""What a service says of its staff's sign-in."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign-in for a service's staff.

    ``scopes``: what its pages may need; a person's roles decide which of them they get. ``permission``: the
    scope to set the council's client. ``home``: the page they land on, below ``/{council}/{service}``.
    """

    scopes: Sequence[str]
    permission: str
    home: str
