"""The issuer: its signing keys, what they sign, and revoked credentials."""
