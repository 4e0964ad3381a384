"""Webhooks: a council's clients hear of what happens, at URLs that they subscribe.

``Service(webhooks=Webhooks(...))`` adds the API of subscriptions and deliveries, and the job that delivers;
``Webhooks.send`` says what happened, in the transaction in which it does.
"""

from chassis.webhooks.publisher import Kind, Message, Webhooks, write_standard_body

__all__ = ["Kind", "Message", "Webhooks", "write_standard_body"]
