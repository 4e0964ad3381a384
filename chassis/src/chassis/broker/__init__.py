"""NATS with JetStream: the connection, who may do what, and the owner's streams and consumers.

A service connects as a user of its own (``connection``). What each user may do follows from the events that
services declare (``topology``, read from the AsyncAPI contract) and stands in the server's configuration
(``accounts``). Only the owner makes streams and durable consumers (``streams``). Its commands:
``python -m chassis.broker``.
"""
