"""How the stack registers the demonstration councils and the simulated providers with each other."""

from dev import outside
from dev.plan import Town
from dev.ports import Ports
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN


def test_both_sides_of_a_registration_agree(tmp_path):
    town = Town(tmp_path, Ports(8000))
    one_login, directory = outside.registrations(town, "citytown")
    assert one_login["issuer"] == "http://localhost:8008/"
    assert directory["issuer"] == f"http://localhost:8008/{CITYTOWN}/v2.0"
    assert directory["client_secret"] == outside.registrations(town, "citytown")[1]["client_secret"]
    made = {
        "redirect_uri": "http://127.0.0.1:8000/identity/upstream/citytown/a/callback",
        "jwks_uri": "http://a/k",
        "backchannel_logout_uri": "http://a/out",
    }
    client = outside.client_of(one_login, made)
    assert set(client.redirect_uris) == {
        made["redirect_uri"],
        made["redirect_uri"].replace("127.0.0.1", "localhost"),
    }
    assert client.jwks_uri == "http://a/k"
    assert outside.client_of(directory, made).tenant == CITYTOWN
    told = {outside.client_of(one, made).backchannel_logout_uri for one in (one_login, directory)}
    assert told == {"http://a/out"}


def test_every_group_of_a_directory_has_a_role():
    for tenant in Simulator().tenants.values():
        assert set(tenant.groups.values()) == set(outside.ROLES)
        assert outside.TENANTS[tenant.council] == tenant.tid
