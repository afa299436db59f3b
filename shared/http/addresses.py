"""Addresses of clients: every notation of one address is one client, and what limits count is its
network.

Who may say whom a request comes from (`TRUSTED_PROXIES`, the gateway's X-Forwarded-For) is decided
where requests come in; addresses of mailboxes are another matter.
"""

import ipaddress
import re
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN = "unknown"
NETWORK_BITS = 64
"""An IPv6 caller has at least so many bits of addresses to itself; they are one client."""

MAX_CHARACTERS = 128
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::([0-9]{1,5}))?", re.ASCII)
_WITH_PORT = re.compile(r"([0-9.]+):([0-9]{1,5})", re.ASCII)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class UnreadableAddress(ValueError):
    """The text is no address in any notation."""


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address:
    """Read one address, whatever its notation: with a port, in brackets, quoted, with a zone, upper
    case, an IPv4 address mapped into IPv6. Leading zeros in IPv4 mean different things to
    different readers, so they are unreadable.

    Raises:
        UnreadableAddress: it is none.
    """
    bare = _without_port(text)
    if ":" in bare:
        bare = bare.partition("%")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError as error:
        raise UnreadableAddress from error
    if found.version == 6 and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def client_of(address: Address) -> Address:
    """Give the client an address stands for: behind a translator (NAT64) the IPv4 address in it.

    Whether an address may be trusted is asked of the address itself, never of this.
    """
    if address.version == 6 and address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def network_of(text: str) -> str:
    """Give the network limits count a client by, in one spelling: an IPv4 address whole, the /64 of
    an IPv6 one. Takes any notation, its own answers too; what is unreadable is `UNKNOWN`.

    Behind one IPv4 address stand all networks of its 6to4 prefix, and one Teredo address.
    """
    return _network_of(text) if len(text) <= MAX_CHARACTERS else UNKNOWN


@lru_cache(maxsize=4096)
def _network_of(text: str) -> str:
    try:
        address = client_of(read_address(text.removesuffix(f"/{NETWORK_BITS}")))
    except UnreadableAddress:
        return UNKNOWN
    if address.version == 6 and address.sixtofour is not None:
        address = address.sixtofour
    elif address.version == 6 and address.teredo is not None:
        address = address.teredo[1]
    if address.version == 4:
        return str(address)
    return str(ipaddress.IPv6Network((int(address), NETWORK_BITS), strict=False))


def read_network(text: str) -> Network:
    """Read a network or a single address; an IPv4 one mapped into IPv6 is that IPv4 one.

    Raises:
        ValueError: it is none.
    """
    network = ipaddress.ip_network(text, strict=False)
    if network.version == 6 and network.subnet_of(_MAPPED):
        begin = ipaddress.IPv4Address(int(network.network_address) & 0xFFFF_FFFF)
        return ipaddress.IPv4Network((begin, network.prefixlen - 96))
    return network


def _without_port(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise UnreadableAddress
    bare = text.strip(" \t")
    if len(bare) > 1 and bare[0] == bare[-1] == '"':
        bare = bare[1:-1]
    bracketed = _BRACKETED.fullmatch(bare)
    if bracketed is None:
        found = _WITH_PORT.fullmatch(bare)
        return _checked(found.group(1), found.group(2)) if found else bare
    return _checked(bracketed.group(1), bracketed.group(2))


def _checked(bare: str, port: str | None) -> str:
    if port is not None and int(port) > 65_535:
        raise UnreadableAddress
    return bare
