"""Token requests and client credentials, parsed strictly (RFC 6749 2.3.1 and 3.2; RFC 7521 4.2)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

MAX_FIELDS = 20
MAX_BODY = 16_384
FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_CREDENTIALS = "client_credentials"
AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - RFC 8693
GRANT_TYPES = (CLIENT_CREDENTIALS, AUTHORIZATION_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE)
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693
SUBJECT_TYPE = "urn:townhall:token-type:subject"
"""A person's `sub`, with which a delegate names the person they act for."""
UNAUTHENTICATED = "Authenticate by HTTP Basic, by client_id and client_secret, or by client_assertion."
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
_MAX_SCOPE = 2_000


class OAuthError(Exception):
    """An error of RFC 6749 section 5.2. ``error`` is its code, the description is for a developer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description

    @property
    def status(self) -> int:
        """401 for a client that is not authenticated, 400 for anything else."""
        return 401 if self.error == "invalid_client" else 400


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client's id and secret. ``method`` names how they were sent."""

    client_id: str
    secret: str
    method: str = "client_secret_post"


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A JWT that a client signed. ``client_id`` is the optional form field."""

    client_id: str | None
    jwt: str
    method: str = "private_key_jwt"


@dataclass(frozen=True, slots=True)
class ClientIdOnly:
    """A client's id alone, of a client that can keep no secret (OAuth 2.1 section 2.1)."""

    client_id: str
    method: str = "none"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A well-formed token request. ``fields`` are all that was sent."""

    credentials: ClientSecret | ClientAssertion | ClientIdOnly
    scope: str | None
    grant_type: str = CLIENT_CREDENTIALS
    fields: Mapping[str, str] = field(default_factory=dict, compare=False)


def parse_token_request(
    content_type: str, authorization: str | None, query: str, body: bytes
) -> TokenRequest:
    """Parse a token request. Raises OAuthError for anything RFC 6749 does not allow."""
    fields = parse_form(content_type, query, body)
    grant = fields.get("grant_type")
    if grant is None:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if grant not in GRANT_TYPES:
        raise OAuthError("unsupported_grant_type", f"The grant types are {', '.join(GRANT_TYPES)}.")
    return TokenRequest(
        parse_credentials(authorization, fields), _check_scope(fields.get("scope")), grant, fields
    )


def parse_form(content_type: str, query: str, body: bytes) -> dict[str, str]:
    """Parse the form that a client posts. Raises OAuthError."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"Send the parameters as {FORM}.")
    if query:
        raise OAuthError("invalid_request", "Send the parameters in the body, never in the URL.")
    return _parse_fields(body)


def _parse_fields(body: bytes) -> dict[str, str]:
    """Parse the fields. An empty value counts as absent, a repeated name is refused (section 3.2)."""
    if len(body) > MAX_BODY:
        raise OAuthError("invalid_request", f"The request is longer than {MAX_BODY} bytes.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise OAuthError(
            "invalid_request", f"The body is not a form of {MAX_FIELDS} fields at most."
        ) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise OAuthError("invalid_request", "A parameter is given more than once.")
    return {name: value for name, value in fields.items() if value}


def _check_scope(text: str | None) -> str | None:
    if text is None:
        return None
    if len(text) > _MAX_SCOPE or not _SCOPE.fullmatch(text):
        raise OAuthError("invalid_scope", "scope is not a list of scopes with one space between them.")
    return text


def parse_credentials(
    authorization: str | None, fields: Mapping[str, str]
) -> ClientSecret | ClientAssertion | ClientIdOnly:
    """Parse how the client authenticates. Two ways at once are refused (section 2.3)."""
    methods = [authorization is not None, "client_secret" in fields, "client_assertion" in fields]
    if sum(methods) > 1:
        raise OAuthError("invalid_request", "Authenticate in one way only.")
    if authorization is not None:
        return _parse_basic(authorization, fields.get("client_id"))
    if "client_assertion" in fields:
        return _parse_assertion(fields)
    if "client_id" in fields and "client_secret" in fields:
        return ClientSecret(fields["client_id"], fields["client_secret"])
    if "client_id" in fields:
        return ClientIdOnly(fields["client_id"])
    raise OAuthError("invalid_client", UNAUTHENTICATED)


def _parse_assertion(fields: Mapping[str, str]) -> ClientAssertion:
    if fields.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
    return ClientAssertion(fields.get("client_id"), fields["client_assertion"])


def _parse_basic(authorization: str, client_id_field: str | None) -> ClientSecret:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "The Authorization header must use the Basic scheme here.")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        name, colon, secret = text.partition(":")
        client_id, secret = (unquote_plus(part, errors="strict") for part in (name, secret))
    except (binascii.Error, ValueError) as error:
        raise OAuthError("invalid_client", "Authorization is not Basic client_id:client_secret.") from error
    if not colon or (client_id_field is not None and client_id_field != client_id):
        raise OAuthError("invalid_client", "The Authorization header does not name this client and a secret.")
    return ClientSecret(client_id, secret, "client_secret_basic")
