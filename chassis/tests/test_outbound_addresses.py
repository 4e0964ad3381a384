"""Which addresses a stranger may lead us to: no form of a literal reaches a private network."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.outbound import Outbound, OutboundError, Request, addresses, resolve_host
from chassis.settings import Settings

PRIVATE = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
240.0.0.0/4 168.63.129.16/32
::/8 100::/64 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fd00:ec2::254/128 fe80::/10 fec0::/10 ff00::/8
64:ff9b::/96 64:ff9b:1::/48 2002::/16 2001::/32
"""
PRIVATE_NETWORKS = [ip_network(text) for text in PRIVATE.split()]
PUBLIC = ["8.8.8.8", "151.101.0.144", "2606:4700::1111", "2a00:1450:4009::200e"]
METADATA = [
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
]


def list_ipv6_forms(address):
    """List IPv6 addresses that a gateway or the kernel would take for this IPv4 address."""
    number = int(address)
    return [
        IPv6Address(number),  # compatible
        IPv6Address(0xFFFF << 32 | number),  # mapped
        IPv6Address(0xFFFF << 48 | number),  # translated (SIIT)
        IPv6Address(0x64_FF9B << 96 | number),  # NAT64
        IPv6Address(0x64_FF9B_0001 << 80 | number),  # NAT64, local
        IPv6Address(0x2002 << 112 | number << 80 | 1),  # 6to4
        IPv6Address(0x2001_0000 << 96 | (number ^ 0xFFFF_FFFF)),  # Teredo
        IPv6Address(0x2606_4700 << 96 | 0x5EFE << 32 | number),  # ISATAP
        IPv6Address(0x2606_4700 << 96 | 0x0200_5EFE << 32 | number),  # ISATAP, unique
    ]


def list_literals(address):
    """List ways to write an IPv4 address that the C library reads."""
    first, second, third, fourth = address.packed
    return [
        str(int(address)),
        hex(int(address)),
        f"0{int(address):o}",
        f"0{first:o}.0{second:o}.0{third:o}.0{fourth:o}",
        f"0x{first:x}.0x{second:x}.0x{third:x}.0x{fourth:x}",
        f"{first}.{second}.{third << 8 | fourth}",
        f"{first}.{second << 16 | third << 8 | fourth}",
    ]


@st.composite
def private_addresses(draw):
    network = draw(st.sampled_from(PRIVATE_NETWORKS))
    offset = draw(st.integers(0, network.num_addresses - 1))
    return network[offset]


private_ipv4 = private_addresses().filter(lambda address: address.version == 4)


@given(private_addresses())
def test_no_address_of_a_private_network_is_public(address):
    assert not addresses.is_public(str(address))


@given(st.ip_addresses(v=4))
def test_no_ipv6_form_of_any_ipv4_address_is_public(address):
    assert [form for form in list_ipv6_forms(address) if addresses.is_public(str(form))] == []


@given(st.ip_addresses(v=6))
def test_only_global_unicast_without_a_scope_is_public(address):
    if addresses.is_public(str(address)):
        assert address in IPv6Network("2000::/3")
        assert not addresses.is_public(f"{address}%eth0")


@given(st.text(max_size=50))
def test_what_is_no_address_is_not_public_and_not_ours(text):
    if not text.strip():
        assert not addresses.is_public(text)
    assert not addresses.is_public(f"{text}x")
    assert not addresses.is_loopback(f"{text}x")


@pytest.mark.parametrize("address", METADATA)
def test_a_clouds_metadata_are_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize("address", ["localhost", "", "127.1", "8.8.8.8 ", "1.2.3.4/32"])
def test_what_is_not_plainly_written_is_not_public(address):
    assert not addresses.is_public(address)


@settings(max_examples=25, deadline=None)
@given(private_ipv4)
async def test_no_spelling_of_a_private_address_is_called(address):
    """The rule reads what the resolver answers, so no spelling evades it."""
    outbound = Outbound(Settings(database_url="postgresql://none"), resolve_host)
    hosts = list_literals(address) + [f"[{form}]" for form in list_ipv6_forms(address)]
    for host in hosts:
        with pytest.raises(OutboundError, match=r"not public|not found in DNS"):
            await outbound.send(Request("POST", f"https://{host}/", 100))


async def test_the_resolver_reads_the_spellings():
    resolved = [await resolve_host(host, 443) for host in list_literals(IPv4Address("10.1.2.3"))]
    assert resolved == [["10.1.2.3"]] * len(resolved)
