"""What is done with attachments."""
