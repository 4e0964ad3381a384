"""Consumers of casework: none yet; the chassis consumes the events of councils and revocations."""
