"""How the stack registers the demonstration councils and the simulated providers with each other."""

from dev import upstream_setup
from dev.ports import Ports
from dev.stack import Stack
from simulators.openid_provider.simulator import Simulator
from simulators.openid_provider.staff import CITYTOWN


def test_both_sides_of_a_registration_agree(tmp_path):
    stack = Stack(tmp_path, Ports(8000))
    one_login, directory = upstream_setup.registrations(stack, "citytown")
    assert one_login["issuer"] == "http://localhost:8008/"
    assert directory["issuer"] == f"http://localhost:8008/{CITYTOWN}/v2.0"
    assert directory["client_secret"] == upstream_setup.registrations(stack, "citytown")[1]["client_secret"]
    upstream = {
        "redirect_uri": "http://127.0.0.1:8000/identity/upstream/citytown/a/callback",
        "jwks_uri": "http://a/k",
        "backchannel_logout_uri": "http://a/out",
    }
    client = upstream_setup.client_of(one_login, upstream)
    assert set(client.redirect_uris) == {
        upstream["redirect_uri"],
        upstream["redirect_uri"].replace("127.0.0.1", "localhost"),
    }
    assert client.jwks_uri == "http://a/k"
    assert upstream_setup.client_of(directory, upstream).tenant == CITYTOWN
    clients = [upstream_setup.client_of(registration, upstream) for registration in (one_login, directory)]
    assert {client.backchannel_logout_uri for client in clients} == {"http://a/out"}


def test_every_group_of_a_directory_has_a_role():
    for tenant in Simulator().tenants.values():
        assert set(tenant.groups.values()) == set(upstream_setup.ROLES)
        assert upstream_setup.TENANTS[tenant.council] == tenant.tid
