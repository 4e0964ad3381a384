"""The issuer: its signing keys, what they sign, and which credentials are refused."""
