"""Who gets an answer of `recstore explore`: who knows the address, and nobody else. A process serves, as for a user."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import explorer
import pytest
from runner import run


@pytest.fixture(scope="module")
def address(sample_store):
    with explorer.explored(sample_store) as served:
        yield served


def ask(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(address).hostname, urlsplit(address).port, timeout=300)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def token(address: str) -> str:
    return urlsplit(address).path.strip("/")


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_who_has_the_address_gets_the_page(address):
    status, headers, text = ask(address, f"/{token(address)}/")
    assert status == 200
    assert "recstore" in text
    policy = headers["content-security-policy"]
    # Nothing is fetched from, sent to, or framed by anybody else.
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    # No cookie: a browser would send it to every port of the machine.
    assert "set-cookie" not in headers
    # All that the page begins with has the token before it, and nothing leads out.
    links = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert links
    assert all(link.startswith((f"/{token(address)}/", "data:")) for link in links)


SOCKET = "_nicegui_ws/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", f"/{SOCKET}", "/TOKENx/", "/TOKE/", "//TOKEN/", "/x/../TOKEN/", "/docs", "/openapi.json"]
)
def test_who_does_not_know_the_token_gets_nothing(address, path):
    known = token(address)
    path = path.replace("TOKEN", known).replace("TOKE", known[:-1])
    status, headers, text = ask(address, path)
    assert (status, text) == (403, "Open the address that recstore explore printed.")
    assert known not in str(headers)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "https://HOST", "http://HOST.evil.example", "http://["],
)
def test_another_origin_gets_nothing(address, origin):
    host = urlsplit(address).netloc
    origin = origin.replace("HOST", host)
    if origin == f"https://{host}":
        origin = f"https://{host}0"
    for path in ("", SOCKET):
        assert ask(address, f"/{token(address)}/{path}", Origin=origin)[0] == 403
    path = f"/{token(address)}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert ask(address, path, Origin=origin, **UPGRADE)[0] == 403


def test_the_page_itself_may_open_a_socket(address):
    path = f"/{token(address)}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    request = "".join(f"{name}: {value}\r\n" for name, value in {"Host": urlsplit(address).netloc, **UPGRADE}.items())
    for origin, code in ((f"http://{urlsplit(address).netloc}", b"101"), ("http://evil.example", b"403")):
        with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=300) as one:
            one.sendall(f"GET {path} HTTP/1.1\r\n{request}Origin: {origin}\r\n\r\n".encode())
            assert one.recv(100).split()[1] == code


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "0.0.0.0"])
def test_another_name_gets_nothing(address, host):
    """A name of somebody's own that leads to this machine is as foreign as another origin."""
    status, _headers, text = ask(address, f"/{token(address)}/", Host=host)
    assert (status, text) == (400, "This page goes by another name.")


def test_it_listens_on_this_machine_alone(address):
    port = urlsplit(address).port
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()]
    listening = [line[1].partition(":")[0] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"]
    assert listening == ["0100007F"]


def test_what_cannot_be_served_is_said(tmp_path, sample_store):
    code, said = run("explore", tmp_path / "none.duckdb", "--no-browser")
    assert code == 1
    assert "There is no store at" in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = run("explore", sample_store, "--no-browser", "--port", taken.getsockname()[1])
    assert code == 2
    assert "cannot be listened on" in said
    code, said = run("explore", sample_store, "--no-browser", "--host", "no.such.host.invalid")
    assert "cannot be listened on" in said
    for host in ("x" * 70, "a..b"):
        code, said = run("explore", sample_store, "--no-browser", "--host", host)
        assert (code, said) == (
            2,
            f"recstore: {host!r} is no name of a host; pass another --host, or none for this machine.\n",
        )
