"""Discovery: the issuer's metadata, JWKS, DID document and trustmark."""
