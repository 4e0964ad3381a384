"""The authorization endpoint: request, consent, proof of identity, code."""
