"""E-mails and text messages: queued with the change they belong to, sent by the worker."""
