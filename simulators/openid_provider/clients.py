"""The clients (relying parties) that are registered with the simulator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["onelogin", "directory"]


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client. It has a secret, or its keys, or the address of its keys."""

    kind: Kind
    client_id: str
    redirect_uris: tuple[str, ...]
    tenant: str = ""
    secret: str = ""
    jwks: Mapping[str, Any] = field(default_factory=dict)
    jwks_uri: str = ""
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
