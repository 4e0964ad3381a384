"""E-mails and SMS: queued with the change they belong to, sent by the worker."""
