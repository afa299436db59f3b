"""Every notation of an address is one client; limits count its network."""

import ipaddress

import pytest

from shared.http.addresses import (
    UNKNOWN,
    UnreadableAddress,
    client_of,
    network_of,
    read_address,
    read_network,
)

ONE_IPV4_CLIENT = [
    "203.0.113.9",
    " 203.0.113.9\t",
    "203.0.113.9:51234",
    "203.0.113.9:0",
    '"203.0.113.9:51234"',
    "[203.0.113.9]:51234",
    "::ffff:203.0.113.9",
    "::FFFF:CB00:7109",
    "0:0:0:0:0:ffff:cb00:7109",
    "[::ffff:203.0.113.9]",
    "[::ffff:203.0.113.9]:443",
    "64:ff9b::203.0.113.9",
    "64:FF9B::cb00:7109",
    "[64:ff9b:0:0:0:0:cb00:7109]:443",
]
ONE_IPV6_CLIENT = [
    "2001:db8::1",
    "2001:DB8::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "[2001:db8::1]",
    "[2001:db8::1]:443",
    '"[2001:db8::1]:443"',
    "2001:db8::1%eth0",
    "[2001:db8::1%25eth0]:443",
]
UNREADABLE = [
    "",
    " ",
    UNKNOWN,
    "_hidden",
    "unix:",
    "203.0.113",
    "203.0.113.009",
    "0203.0.113.9",
    "::ffff:203.0.113.009",
    "203.0.113.9:",
    "203.0.113.9:65536",
    "203.0.113.9:51234:1",
    "203.0.113.9:x",
    "203.0.113.9%eth0",
    "203.0.113.9/32",
    "3405803785",
    "0xcb.0.113.9",
    "٢٠٣.0.113.9",
    "203.0.113.9\n",
    "[2001:db8::1",
    "2001:db8::1]",
    "[]",
    "[2001:db8::1]:",
    "[2001:db8::1]443",
    "[2001:db8::1]:99999",
    "[[2001:db8::1]]",
    "2001:db8::1::2",
    "203.0.113.9, 198.51.100.4",
    "1" * 100_000,
]


@pytest.mark.parametrize("text", ONE_IPV4_CLIENT)
def test_every_notation_of_an_ipv4_address_is_one_client(text: str):
    assert str(client_of(read_address(text))) == "203.0.113.9"
    assert network_of(text) == "203.0.113.9"


@pytest.mark.parametrize("text", ONE_IPV6_CLIENT)
def test_every_notation_of_an_ipv6_address_is_one_client(text: str):
    assert str(client_of(read_address(text))) == "2001:db8::1"
    assert network_of(text) == "2001:db8::/64"


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_address_is_unreadable(text: str):
    with pytest.raises(UnreadableAddress):
        read_address(text)
    assert network_of(text) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        # one IPv4 address holds 65,536 such networks
        ("2002:cb00:7109::1", "203.0.113.9"),
        ("2002:cb00:7109:ffff::1", "203.0.113.9"),
        # all clients of one Teredo server would be one network
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
    ],
)
def test_limits_count_an_ipv6_caller_by_the_network_it_holds(text: str, network: str):
    assert network_of(text) == network
    assert network_of(network) == network, "a network is its own"


def test_a_translated_address_is_not_the_address_that_is_trusted():
    inside = read_network("10.0.0.0/8")
    assert read_address("::ffff:10.0.0.9") in inside
    assert read_address("64:ff9b::10.0.0.9") not in inside
    assert read_address("2002:a00:9::1") not in inside


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.9", "10.0.0.9/32"),
        ("10.0.0.9/8", "10.0.0.0/8"),
        ("::ffff:10.0.0.9", "10.0.0.9/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_read_in_its_own_family(text: str, network: str):
    assert read_network(text) == ipaddress.ip_network(network)
