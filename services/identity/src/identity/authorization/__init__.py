"""Authorization: request, pushed request, consent, proof of identity, code."""
