"""API models of the documents the issuer publishes."""

from typing import Any

from pydantic import BaseModel, Field


class Metadata(BaseModel):
    """What this issuer supports (RFC 8414, OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    pushed_authorization_request_endpoint: str
    introspection_endpoint: str
    revocation_endpoint: str
    end_session_endpoint: str
    backchannel_logout_supported: bool
    backchannel_logout_session_supported: bool
    scopes_supported: list[str]
    claims_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    acr_values_supported: list[str]
    prompt_values_supported: list[str]
    ui_locales_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    request_object_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    claims_parameter_supported: bool
    request_parameter_supported: bool
    request_uri_parameter_supported: bool
    require_pushed_authorization_requests: bool
    authorization_response_iss_parameter_supported: bool


class DidDocument(BaseModel):
    """The keys of signed statements of identity (W3C DID Core)."""

    context: list[str] = Field(alias="@context")
    id: str = Field(examples=["did:web:identity.example"])
    assertionMethod: list[dict[str, Any]]  # noqa: N815 - DID Core's name


class Trustmark(BaseModel):
    """What the vectors of trust mean here (RFC 8485 section 4)."""

    idp: str
    trustmark_provider: str
    C: list[str] = Field(description="Credentials: Cl one factor, Cl.Cm two or a passkey")
    P: list[str] = Field(description="Proofs of identity: GPG 45 confidence, low and medium, or none")
