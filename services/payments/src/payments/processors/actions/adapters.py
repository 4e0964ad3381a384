"""What the folder of a processor offers: its traits, and how to make it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chassis.outbound import Outbound
from payments.gateway_accounts.rules import Traits
from payments.processors.rules import Credentials, Processor
from payments.settings import Settings

ReadCredentials = Callable[[str], Awaitable[Credentials]]
"""Reads the credentials of a merchant, as the port names them. Raises ProcessorError if it has none."""


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What a processor is made of."""

    settings: Settings
    outbound: Outbound
    read_credentials: ReadCredentials


@dataclass(frozen=True, slots=True)
class Adapter:
    """A processor's folder, ``adapter`` in its ``__init__``. ``make`` returns None if it is not set up."""

    traits: Traits
    make: Callable[[AdapterContext], Processor | None]
