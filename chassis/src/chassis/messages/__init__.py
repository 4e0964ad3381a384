"""Messages: e-mails and SMS to people, queued in the transaction of their cause, sent once it has committed.

A service has ``Service(messages=Messages("<package>"))``, settings that subclass ``MessageSettings``, and its
templates in ``emails/`` and ``sms/``. Its worker sends them, as jobs.
"""

from chassis.messages.queue import Email, Messages, NewMessage, SendMessage, Sms, is_recipient
from chassis.messages.settings import MessageSettings
from chassis.messages.templates import Channel, Message, Templates

__all__ = [
    "Channel",
    "Email",
    "Message",
    "MessageSettings",
    "Messages",
    "NewMessage",
    "SendMessage",
    "Sms",
    "Templates",
    "is_recipient",
]
