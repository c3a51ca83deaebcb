"""Addresses of the web: what may be shown of one, and what is asked of a server."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from recstore.errors import SourceError

_ADDRESS = re.compile(r"(?i)\s*(https?:/*|[a-z][a-z0-9+.-]*://)([^?#]*)(?:.*)", re.DOTALL)
#: What may stand in an address as it is: the rest is written as %XX.
_SAFE = ":/?#[]@!$&'()*+,;=%-._~"


def shown(source: str) -> str:
    """Return a source as it may be printed and stored: an address without user, password, query and fragment.

    They open the door for whoever reads them. A path or a name stays as it is.
    """
    found = _ADDRESS.fullmatch(source)
    if not found:
        return source
    scheme, rest = found[1], found[2]
    host, slash, path = rest.partition("/")
    if "@" in host:
        host = host.rpartition("@")[2]
    if "@" in path and not re.fullmatch(r"[^:]*|\[[^]]*\]|([^:]*|\[[^]]*\]):\d*", host):
        # A password with a slash in it: what stands before the slash looks like a host with a wrong port.
        host, slash, path = rest.rpartition("@")[2].partition("/")
    return f"{scheme}{host}{slash}{path}"


class Address(NamedTuple):
    """What is asked of a server: the address without user and password, and the header that holds them."""

    url: str
    authorization: str | None


def https_address(text: str) -> Address:
    """Return what to ask for; raises `SourceError` where the text is no https address."""
    try:
        parts = urlsplit(text.strip())
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise SourceError(f"{shown(text)} is no address that can be read; check its host and port.") from error
    if scheme != "https":
        raise SourceError(f"{shown(text)} is not an https address; download the file and pass its path.")
    if not host or re.search(r"[\s\x00-\x1f\x7f]", host):
        raise SourceError(f"{shown(text)} names no server; an address is https://SERVER/FILE.")
    try:
        name = f"[{host}]" if ":" in host else host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError as error:
        raise SourceError(f"{shown(text)} names a server that cannot be; check its name.") from error
    place = name if port is None else f"{name}:{port}"
    url = urlunsplit((scheme, place, quote(parts.path, safe=_SAFE), quote(parts.query, safe=_SAFE), ""))
    if parts.username is None:
        return Address(url, None)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Address(url, f"Basic {b64encode(pair.encode()).decode()}")


def with_suffix(url: str, suffix: str) -> str:
    """Return the address of the file of the same name and a suffix: `.md5`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path + suffix))
