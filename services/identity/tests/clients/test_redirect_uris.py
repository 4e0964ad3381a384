"""What may be registered as a redirect URI, and that nothing but it is then redirected to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.shared.oauth import redirects
from identity.shared.rules import uris

GOOD = "https://bins.citytown.gov.uk/signed-in"

# name of the trick: what an attacker asks to be sent to, who knows that GOOD is registered
TRICKS = {
    "suffix of the host": "https://bins.citytown.gov.uk.evil.example/signed-in",
    "suffix of the path": GOOD + "/../evil",
    "longer path": GOOD + "evil",
    "shorter path": "https://bins.citytown.gov.uk/",
    "userinfo": "https://bins.citytown.gov.uk@evil.example/signed-in",
    "userinfo with password": "https://bins.citytown.gov.uk:x@evil.example/signed-in",
    "fragment": GOOD + "#evil",
    "empty fragment": GOOD + "#",
    "added query": GOOD + "?next=https://evil.example",
    "empty query": GOOD + "?",
    "case of the host": "https://BINS.citytown.gov.uk/signed-in",
    "case of the path": "https://bins.citytown.gov.uk/Signed-In",
    "case of the scheme": "HTTPS://bins.citytown.gov.uk/signed-in",
    "dot segment": "https://bins.citytown.gov.uk/./signed-in",
    "double dot segment": "https://bins.citytown.gov.uk/x/../signed-in",
    "encoded dot segment": "https://bins.citytown.gov.uk/x/%2e%2e/signed-in",
    "encoded letter": "https://bins.citytown.gov.uk/signed%2Din",
    "default port": "https://bins.citytown.gov.uk:443/signed-in",
    "another port": "https://bins.citytown.gov.uk:8443/signed-in",
    "plain http": "http://bins.citytown.gov.uk/signed-in",
    "backslash": "https://evil.example\\@bins.citytown.gov.uk/signed-in",
    "trailing slash": GOOD + "/",
    "trailing dot of the host": "https://bins.citytown.gov.uk./signed-in",
    "trailing space": GOOD + " ",
    "newline": GOOD + "\n",
    "no scheme": "//bins.citytown.gov.uk/signed-in",
    "script": "javascript:alert(1)//bins.citytown.gov.uk/signed-in",
    "look-alike letter": "https://bins.\u0441itytown.gov.uk/signed-in",
    "two at once": GOOD + "," + GOOD,
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_only_the_exact_uri_is_accepted(trick):
    assert redirects.is_registered(GOOD, [GOOD])
    assert not redirects.is_registered(trick, [GOOD])


# What cannot be registered: the URI, and a word of the reason.
REFUSED = {
    "nothing": ("", "characters"),
    "too long": (GOOD + "x" * uris.MAX_LENGTH, "characters"),
    "relative": ("/signed-in", "absolute"),
    "scheme-relative": ("//bins.citytown.gov.uk/", "absolute"),
    "no slashes": ("https:bins.citytown.gov.uk", "absolute"),
    "scheme in capitals": ("HTTPS://bins.citytown.gov.uk/", "absolute"),
    "script": ("javascript:alert(1)", "absolute"),
    "data": ("data:text/html,x", "absolute"),
    "app scheme": ("uk.gov.citytown:/signed-in", "absolute"),
    "http": ("http://bins.citytown.gov.uk/", "https"),
    "fragment": (GOOD + "#x", "fragment"),
    "empty fragment": (GOOD + "#", "fragment"),
    "wildcard host": ("https://*.citytown.gov.uk/", "wildcard"),
    "wildcard path": ("https://bins.citytown.gov.uk/*", "wildcard"),
    "userinfo": ("https://user@bins.citytown.gov.uk/", "user"),
    "empty userinfo": ("https://@bins.citytown.gov.uk/", "user"),
    "userinfo with password": ("https://user:word@bins.citytown.gov.uk/", "user"),
    "dot segment": ("https://bins.citytown.gov.uk/./x", "dot"),
    "double dot segment": ("https://bins.citytown.gov.uk/x/../y", "dot"),
    "encoded dots": ("https://bins.citytown.gov.uk/x/%2E%2e/y", "dot"),
    "encoded slash": ("https://bins.citytown.gov.uk/x%2Fy", "slash"),
    "encoded backslash": ("https://bins.citytown.gov.uk/x%5cy", "dot"),
    "encoded NUL": ("https://bins.citytown.gov.uk/x%00", "NUL"),
    "bad percent sign": ("https://bins.citytown.gov.uk/%zz", "percent"),
    "backslash": ("https://bins.citytown.gov.uk\\evil", "character"),
    "space": ("https://bins.citytown.gov.uk/a b", "character"),
    "newline": ("https://bins.citytown.gov.uk/\n", "character"),
    "tab inside": ("https://bins.citytown\t.gov.uk/", "character"),
    "quote": ('https://bins.citytown.gov.uk/"', "character"),
    "host in capitals": ("https://Bins.citytown.gov.uk/", "lower case"),
    "host in letters beyond ASCII": ("https://tŷ.citytown.gov.uk/", "punycode"),
    "look-alike letters": ("https://\u0441itytown.gov.uk/", "punycode"),
    "false punycode": ("https://xn--zzzzzz99999.gov.uk/", "punycode"),
    "punycode of plain ASCII": ("https://xn--abc-.gov.uk/", "DNS name"),
    "no host": ("https:///signed-in", "DNS name"),
    "trailing dot": ("https://bins.citytown.gov.uk./", "DNS name"),
    "empty label": ("https://bins..gov.uk/", "DNS name"),
    "underscore": ("https://b_ins.gov.uk/", "DNS name"),
    "label of 64": (f"https://{'a' * 64}.gov.uk/", "DNS name"),
    "address": ("https://192.0.2.1/", "address"),
    "short address": ("https://127.1/", "address"),
    "address as one number": ("https://2130706433/", "address"),
    "address in hexadecimal": ("https://0x7f000001/", "address"),
    "IPv6 address": ("https://[2001:db8::1]/", "DNS name"),
    "IPv6 address with zone": ("https://[fe80::1%25eth0]/", "DNS name"),
    "unclosed bracket": ("https://[::1/", "not a URI"),
    "single label": ("https://intranet/", "public DNS"),
    "local name": ("https://printer.local/", "public DNS"),
    "internal name": ("https://bins.internal/", "public DNS"),
    "default port": ("https://bins.citytown.gov.uk:443/", "443"),
    "port zero": ("https://bins.citytown.gov.uk:0/", "port"),
    "port too high": ("https://bins.citytown.gov.uk:65536/", "port"),
    "port with zeros": ("https://bins.citytown.gov.uk:08443/", "port"),
    "empty port": ("https://bins.citytown.gov.uk:/", "port"),
    "port in words": ("https://bins.citytown.gov.uk:https/", "port"),
    "port after a bracket": ("https://[::1]8080/", "port"),
    "duplicate parameter": (GOOD + "?a=1&a=2", "twice"),
    "parameter of the answer": (GOOD + "?code=mine", "code"),
    "issuer of the answer": (GOOD + "?x=1&iss=https://evil.example", "iss"),
    "too many parameters": (GOOD + "?" + "&".join(f"p{n}=" for n in range(30)), "parameters"),
}


@pytest.mark.parametrize(("uri", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_ambiguous_uris_are_not_registered(uri, why):
    for live in (True, False):
        fault = uris.find_redirect_fault(uri, live=live)
        assert fault is not None
        assert why in fault


@pytest.mark.parametrize(
    "uri",
    [
        GOOD,
        "https://citytown.gov.uk",
        "https://citytown.gov.uk/",
        "https://bins.citytown.gov.uk:8443/signed-in",
        "https://bins.citytown.gov.uk/signed-in?service=bins&lang=cy",
        "https://bins.citytown.gov.uk/a%20b",
        "https://xn--t-ovb.citytown.gov.uk/",
    ],
)
def test_a_plain_https_uri_is_registered_for_both_modes(uri):
    assert uris.find_redirect_fault(uri, live=True) is None
    assert uris.find_redirect_fault(uri, live=False) is None


@pytest.mark.parametrize(
    "uri",
    ["http://localhost:3000/cb", "http://127.0.0.1:9/cb", "http://[::1]:9/cb", "https://localhost:3000/cb"],
)
def test_the_developers_own_machine_is_for_the_sandbox_alone(uri):
    assert uris.find_redirect_fault(uri, live=False) is None
    assert uris.find_redirect_fault(uri, live=True) is not None


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.2/", "http://localhost.evil.example/", "http://127.0.0.1.evil.example/"]
)
def test_uris_that_only_look_local_are_refused(uri):
    assert uris.find_redirect_fault(uri, live=False) is not None


@pytest.mark.parametrize(
    "uri",
    ["http://bins.citytown.gov.uk/", "https://localhost/", "https://10.0.0.1/", GOOD + "?x=1", GOOD + "#x"],
)
def test_we_call_only_https_at_a_public_name_without_a_query(uri):
    assert uris.find_server_fault(uri) is not None
    assert uris.find_server_fault(GOOD) is None


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)
_WORDS = (
    "https:// http:// // / @ : 443 # ? & = * .. . %2e %2F % \\ [ ] ::1 localhost 127.0.0.1 xn-- \u00e9 A a"
)
PIECES = st.sampled_from([*_WORDS.split(), "citytown.gov.uk", "evil.example", " ", "\n"])


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=40).map("https://".__add__))
def test_whatever_is_registered_is_read_alike_by_everybody(uri):
    if uris.find_redirect_fault(uri, live=True) is None:
        parts = urlsplit(uri)
        assert (parts.scheme, parts.username, parts.password, parts.fragment) == ("https", None, None, "")
        assert uri.startswith(f"https://{parts.netloc}")
        assert parts.hostname == parts.netloc.partition(":")[0]
        assert uri.isascii()
        assert uri.isprintable()
        assert not {".", ".."} & set(parts.path.lower().replace("%2e", ".").split("/"))


@given(LABEL, LABEL, st.from_regex(r"(/[a-z0-9-]{0,8}){0,4}", fullmatch=True))
def test_every_plain_https_uri_can_be_registered(host, path_host, path):
    assert uris.find_redirect_fault(f"https://{host}.{path_host}.gov.uk{path}", live=True) is None


@given(st.data())
def test_a_uri_with_anything_changed_is_not_the_registered_one(data):
    at = data.draw(st.integers(0, len(GOOD)))
    added = data.draw(st.text(min_size=1, max_size=3))
    assert not redirects.is_registered(GOOD[:at] + added + GOOD[at:], [GOOD])
