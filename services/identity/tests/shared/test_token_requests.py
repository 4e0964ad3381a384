import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.shared.oauth import token_requests

FORM = token_requests.FORM


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def error_of(content_type=FORM, authorization=None, query="", body=b"grant_type=client_credentials"):
    with pytest.raises(token_requests.OAuthError) as caught:
        token_requests.parse_token_request(content_type, authorization, query, body)
    return caught.value.error


def test_basic_authentication_is_read():
    request = token_requests.parse_token_request(
        FORM, basic("me:s%3Acret"), "", b"grant_type=client_credentials&scope=a:b"
    )
    assert request == token_requests.TokenRequest(
        token_requests.ClientSecret("me", "s:cret", "client_secret_basic"), "a:b"
    )


def test_a_secret_in_the_form_is_read():
    body = b"grant_type=client_credentials&client_id=me&client_secret=s"
    request = token_requests.parse_token_request(f"{FORM}; charset=utf-8", None, "", body)
    assert request == token_requests.TokenRequest(token_requests.ClientSecret("me", "s"), None)


def test_an_assertion_is_read():
    kind = token_requests.ASSERTION_TYPE
    body = f"grant_type=client_credentials&client_assertion_type={kind}&client_assertion=a.b.c"
    request = token_requests.parse_token_request(FORM, None, "", body.encode())
    assert request == token_requests.TokenRequest(token_requests.ClientAssertion(None, "a.b.c"), None)


def test_an_empty_parameter_counts_as_absent():
    request = token_requests.parse_token_request(
        FORM, basic("me:s"), "", b"grant_type=client_credentials&scope="
    )
    assert request.scope is None


def test_another_content_type_is_refused():
    assert error_of(content_type="application/json") == "invalid_request"


def test_parameters_in_the_url_are_refused():
    assert error_of(query="client_secret=s") == "invalid_request"


def test_a_missing_grant_type_is_an_invalid_request():
    assert error_of(body=b"scope=a:b") == "invalid_request"


def test_another_grant_type_is_unsupported():
    assert error_of(body=b"grant_type=password") == "unsupported_grant_type"


def test_a_repeated_parameter_is_refused():
    assert error_of(body=b"grant_type=client_credentials&scope=a:b&scope=c:d") == "invalid_request"


def test_a_form_of_too_many_fields_is_refused():
    body = b"grant_type=client_credentials" + b"".join(b"&x%d=1" % number for number in range(40))
    assert error_of(body=body) == "invalid_request"


def test_a_form_that_is_too_long_is_refused():
    assert (
        error_of(body=b"grant_type=client_credentials&x=" + b"y" * token_requests.MAX_BODY)
        == "invalid_request"
    )


def test_two_ways_to_authenticate_at_once_are_refused():
    body = b"grant_type=client_credentials&client_id=me&client_secret=s"
    assert error_of(authorization=basic("me:s"), body=body) == "invalid_request"


def test_no_way_to_authenticate_is_an_invalid_client():
    assert error_of() == "invalid_client"


def test_a_client_id_without_a_secret_is_only_a_name():
    request = token_requests.parse_token_request(
        FORM, None, "", b"grant_type=client_credentials&client_id=me"
    )
    assert request.credentials == token_requests.ClientIdOnly("me")


def test_basic_that_names_another_client_than_the_form_is_an_invalid_client():
    body = b"grant_type=client_credentials&client_id=you"
    assert error_of(authorization=basic("me:s"), body=body) == "invalid_client"


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic ???", "Basic " + "bWU=", "Basic /w=="])
def test_an_authorization_header_that_is_not_basic_is_an_invalid_client(header):
    assert error_of(authorization=header) == "invalid_client"


def test_an_assertion_of_another_type_is_refused():
    body = b"grant_type=client_credentials&client_assertion_type=saml&client_assertion=x"
    assert error_of(body=body) == "invalid_request"


@pytest.mark.parametrize("scope", ["a:b%20%20c:d", "a%22b", "%C3%A9", "a" * 3_000, "%00"])
def test_a_scope_that_is_not_a_list_of_scopes_is_invalid(scope):
    body = f"grant_type=client_credentials&scope={scope}".encode()
    assert error_of(authorization=basic("me:s"), body=body) == "invalid_scope"


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=60)))
def test_any_input_is_a_request_or_an_error_of_the_protocol(body, authorization):
    errors = []
    for prefix in (b"", b"grant_type=client_credentials&"):
        try:
            token_requests.parse_token_request(FORM, authorization, "", prefix + body)
        except token_requests.OAuthError as error:
            errors.append(error)
    assert all(error.status in {400, 401} for error in errors)
    assert all(set(error.description).isdisjoint('"\\') for error in errors)
