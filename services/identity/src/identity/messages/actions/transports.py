"""Transports deliver messages. None of them logs an address, a subject or a body."""

from typing import Protocol

from identity.messages.actions.templates import Message

SECONDS = 20
"""How long a transport waits for the server it talks to."""


class NotSentError(Exception):
    """A message could not be delivered. ``permanent``: trying again would not help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Transport(Protocol):
    """Delivers the messages of one channel."""

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver a message. ``reference`` is its id, the same at every try. Raises NotSentError."""
