"""Transports deliver messages. None of them logs an address, a subject or a body."""

from typing import Protocol

from chassis.messages.templates import Message

SECONDS = 20
"""How long a transport waits for the server it talks to."""


class NotSentError(Exception):
    """A message could not be delivered. People read the reason: it holds nothing of the message.

    ``permanent``: trying again would not help. ``retry_after``: seconds for which the server is to be left.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after


class Transport(Protocol):
    """Delivers the messages of one channel. ``reference`` is the same at every try of a message."""

    async def has_accepted(self, reference: str) -> bool:
        """Check whether an earlier try reached the server, whose answer was lost. Raises NotSentError."""

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver a message. Raises NotSentError."""
