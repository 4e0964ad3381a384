"""What the issuer publishes: metadata, JWKS, DID document, trustmark."""
