"""The runner: one page a question, for any service."""
