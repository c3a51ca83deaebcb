"""Downloads: https only, limited in size, checked, and put in place whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import platformdirs

from recstore.errors import SourceError
from recstore.progress import Progress

#: No data set that is read here comes near it; a server that sends more is not the one that was meant.
MAX_BYTES = 20 * 1024**3
_BLOCK = 1 << 20
_TIMEOUT = 60


def cache_folder() -> Path:
    """Return where fetched data sets are kept: `$RECSTORE_CACHE`, or the user's cache folder."""
    override = os.environ.get("RECSTORE_CACHE")
    return Path(override) if override else platformdirs.user_cache_path("recstore", appauthor=False)


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        if urlsplit(newurl).scheme != "https":
            raise SourceError(f"{req.full_url} leads on to {newurl}, which is not https; fetch the file another way.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(url: str) -> None:
    if urlsplit(url).scheme != "https":
        raise SourceError(f"{url} is not an https address; download the file and pass its path.")


def _open(url: str) -> Any:  # noqa: ANN401 - urllib's own return type
    request = urllib.request.Request(url, headers={"User-Agent": "recstore"})
    return urllib.request.build_opener(_HttpsOnly).open(request, timeout=_TIMEOUT)


def _md5_beside(url: str) -> str | None:
    """Return the MD5 that is published as `url` + `.md5`, or None where there is none."""
    try:
        with _open(url + ".md5") as answer:
            found = re.search(rb"\b[0-9a-fA-F]{32}\b", answer.read(4096))
    except urllib.error.HTTPError as error:
        if error.code in (403, 404, 410):
            return None
        raise
    return found[0].decode().lower() if found else None


def download(url: str, target: Path, progress: Progress) -> Path:
    """Fetch `url` to the file `target`, checked against the `.md5` beside it where there is one.

    The file appears under its name only when it is complete. Raises `SourceError` where the address cannot be
    reached, the answer is cut short or too large, or the checksum differs.
    """
    _check_scheme(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    progress.notice(f"Fetching {url}")
    part = None
    try:
        expected = _md5_beside(url)
        with _open(url) as answer, tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            part = Path(file.name)
            digest, size = _copy(answer, file, url)
        length = answer.headers.get("Content-Length")
        if length is not None and size != int(length):
            raise SourceError(f"{url} was cut short: {size} of {length} bytes came. Try again.")
        if expected is not None and digest != expected:
            raise SourceError(f"{url} arrived damaged: its MD5 is {digest}, published is {expected}. Try again.")
        part.replace(target)
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise SourceError(
            f"{url} cannot be fetched ({getattr(error, 'reason', None) or error}). "
            "Download it on a machine that can reach it and pass the file: --movielens path/to/the.zip"
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return target


def _copy(answer: Any, file: IO[bytes], url: str) -> tuple[str, int]:  # noqa: ANN401 - urllib's own type
    digest, size = hashlib.md5(usedforsecurity=False), 0
    while block := answer.read(_BLOCK):
        size += len(block)
        if size > MAX_BYTES:
            raise SourceError(f"{url} is larger than {MAX_BYTES >> 30} GiB; pass a downloaded file if that is right.")
        digest.update(block)
        file.write(block)
    return digest.hexdigest(), size
