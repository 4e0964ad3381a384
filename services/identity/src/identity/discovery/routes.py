"""The documents the issuer publishes: metadata, keys, the DID document, the trustmark."""

import json
from typing import Annotated

from fastapi import APIRouter, Response

from chassis.auth import public
from chassis.etags import NOT_MODIFIED, IfNoneMatch, respond_hashed
from identity.clients.routes.cors import CorsRoute
from identity.discovery import actions
from identity.discovery.schemas import DidDocument, Metadata, Trustmark
from identity.issuer.actions.signing_keys import Issuer
from identity.issuer.routes import TheIssuer
from identity.shared.oauth import vectors
from identity.shared.rules import core_identity
from identity.shared.schemas import Jwks

router = APIRouter(tags=["issuer"], route_class=CorsRoute)

_A_DAY = "public, max-age=86400"


@router.get("/identity/.well-known/openid-configuration", response_model=Metadata, responses=NOT_MODIFIED)
async def read_openid_configuration(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the issuer's metadata (OpenID Connect Discovery)."""
    return _respond_metadata(issuer, if_none_match)


@router.get(
    "/identity/.well-known/oauth-authorization-server",
    response_model=Metadata,
    responses=NOT_MODIFIED,
)
async def read_oauth_metadata(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the issuer's metadata (RFC 8414)."""
    return _respond_metadata(issuer, if_none_match)


@router.get("/identity/.well-known/jwks.json", response_model=Jwks, responses=NOT_MODIFIED)
async def read_jwks(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the keys with which tokens are checked. A new key is published long before it signs."""
    body = json.dumps({"keys": issuer.list_published_keys()}).encode()
    return respond_hashed(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")


@router.get("/identity/did.json", response_model=DidDocument, responses=NOT_MODIFIED)
async def read_did(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the DID document: the keys of signed statements of identity (did:web)."""
    return _respond_did(issuer, if_none_match)


@router.get("/identity/.well-known/did.json", response_model=DidDocument, responses=NOT_MODIFIED)
async def read_well_known_did(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the DID document, where services written for GOV.UK One Login look for it."""
    return _respond_did(issuer, if_none_match)


@router.get("/identity/trustmark", response_model=Trustmark, responses=NOT_MODIFIED)
async def read_trustmark(
    _: Annotated[None, public], issuer: TheIssuer, if_none_match: IfNoneMatch = None
) -> Response:
    """Read what the values of `vot` mean here. The claim `vtm` of tokens points to this (RFC 8485)."""
    mark = Trustmark(
        idp=issuer.url,
        trustmark_provider=issuer.url,
        C=list(vectors.CREDENTIAL_LEVELS),
        P=list(vectors.IDENTITY_LEVELS),
    )
    return respond_hashed(mark.model_dump_json().encode(), if_none_match, _A_DAY)


def _respond_did(issuer: Issuer, if_none_match: str | None) -> Response:
    body = json.dumps(core_identity.build_did_document(issuer.url, issuer.list_published_keys())).encode()
    return respond_hashed(body, if_none_match, f"public, max-age={issuer.settings.jwks_max_age}")


def _respond_metadata(issuer: Issuer, if_none_match: str | None) -> Response:
    metadata = Metadata.model_validate(actions.build_metadata(issuer.url))
    return respond_hashed(metadata.model_dump_json(exclude_none=True).encode(), if_none_match, _A_DAY)
