"""E-mails and SMS to people about their accounts: the region's, queued with the change they belong to."""
