"""The API of attachments."""
