"""Downloads: https only, limited in size and patience, checked, and put in place whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import stat
import threading
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from recstore import cache
from recstore.errors import SourceError, full, is_full
from recstore.progress import Progress
from recstore.scratch import require_room, scratch_folder
from recstore.sources.addresses import Address, https_address, shown, with_suffix
from recstore.sources.growth import Growth

#: No data set that is read here comes near it; a server that sends more is not the one that was meant.
MAX_BYTES = 20 * 1024**3
#: A server that sends fewer bytes than this in so many seconds will not come to an end.
STALL_SECONDS, STALL_BYTES = 60.0, 60_000
_BLOCK = 1 << 20
T = TypeVar("T")


@contextmanager
def dataset(name: str, url: str, progress: Progress, *, sha256: str | None = None) -> Iterator[Path]:
    """Yield a data set: from the user's cache, where it is as it was fetched, else fetched anew and put there.

    A cached file that somebody else can write is not used, and one that is damaged is fetched again. Where the cache
    cannot be used, a temporary file serves. With `sha256`, it must have that. Raises `SourceError` as `download` does.
    """
    path = cache.folder() / cache.DATASETS / name
    with cache.held(path) as is_safe:
        if is_safe and _is_whole(path, sha256):
            with suppress(OSError):
                os.utime(path)
            yield path
            return
    if os.path.lexists(path):
        why = "is not as it was fetched" if is_safe else "can be written by others, or is a link or not yours"
        progress.notice(f"{path} {why}: it is not used, and fetched again.")
    with ExitStack() as stack:
        try:
            cache.ready_folder(cache.DATASETS)
            cache.trim()
        except OSError as error:
            progress.notice(f"{error.filename or path.parent} is not used as a cache: {error.strerror or error}.")
            yield download(url, stack.enter_context(scratch_folder()) / name, progress, sha256=sha256)
            return
        download(url, path, progress, record=True, sha256=sha256)
        stack.enter_context(cache.held(path))
        yield path
    cache.trim()


def _is_whole(path: Path, sha256: str | None = None) -> bool:
    """Say whether a cached file is as it was fetched; one without a record, if it is a zip whose checksums agree.

    With `sha256` it must have that, whatever was fetched.
    """
    facts = cache.recorded(path)
    try:
        if facts is None and sha256 is None:
            with zipfile.ZipFile(path) as packed:
                return packed.testzip() is None
        if facts is not None and path.stat().st_size != facts[0]:
            return False
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        return found == (sha256 or (facts and facts[1]))
    except Exception:
        # Whatever the reader of a damaged archive stumbles over.
        return False


def download(url: str, target: Path, progress: Progress, *, record: bool = False, sha256: str | None = None) -> Path:
    """Fetch `url` to the file `target`, checked against the `.md5` beside it where there is one, and `sha256` if given.

    The file appears under its name only when it is complete; with `record`, what was fetched is written beside it.
    Raises `SourceError` where the address cannot be reached, the answer is cut short, too large or too slow, or the
    checksum differs, and `FullError` where there is no room for it.
    """
    address, named = https_address(url), shown(url)
    progress.notice(f"Fetching {named}")
    try:
        with cache.new_file(target.parent) as (descriptor, part):
            expected = _patiently(lambda fetch: _md5_beside(fetch, address), named)
            with os.fdopen(os.dup(descriptor), "wb") as file:
                (md5, found), size = _patiently(lambda fetch: _fetch(fetch, address, file, target.parent, named), named)
            if expected is not None and md5 != expected:
                raise SourceError(f"{named} arrived damaged: its MD5 is {md5}, published is {expected}. Try again.")
            if sha256 is not None and found != sha256:
                raise SourceError(
                    f"{named} is not what was meant: its SHA-256 is {found}, and not {sha256}. Nothing of it is kept."
                )
            if stat.S_ISDIR(_mode(target)):
                raise SourceError(f"{target} is a folder where a file should be; move it away.")
            cache.record_of(target).unlink(missing_ok=True)
            part.replace(target)
            if record:
                _write_record(target, {"url": named, "bytes": size, "sha256": found})
    except urllib.error.HTTPError as error:
        error.close()
        reason = f"the server says {error.code} {str(error.msg).splitlines()[0] if error.msg else ''}".strip()
        raise _unreachable(named, reason) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        raise _unreachable(named, reason.splitlines()[0]) from error
    except ValueError as error:
        raise _unreachable(named, "its server leads on to what is no address") from error
    except OSError as error:
        if is_full(error):
            raise full(f"{named} to {target.parent}", error, "name another folder by RECSTORE_CACHE") from error
        raise SourceError(f"{named} cannot be kept in {target.parent}: {error.strerror or error}.") from error
    return target


def _unreachable(named: str, reason: str) -> SourceError:
    return SourceError(
        f"{named} cannot be fetched ({reason}). Download the file on a machine that can reach it, and pass the path of "
        "the file instead."
    )


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _write_record(target: Path, facts: dict[str, object]) -> None:
    with cache.new_file(target.parent) as (descriptor, part):
        os.write(descriptor, json.dumps(facts).encode())
        part.replace(cache.record_of(target))


class _Fetch:
    """One exchange with a server, on a thread of its own: how many bytes came, and whether anybody still waits."""

    def __init__(self) -> None:
        self.size = 0
        self.is_given_up = False

    def got(self, size: int) -> None:
        self.size += size
        if self.is_given_up:
            raise TimeoutError


def _patiently(work: Callable[[_Fetch], T], named: str) -> T:
    """Return what `work` gives; raises `SourceError` where a server lets us wait, whatever it does meanwhile.

    A timeout of the socket does not do: it begins anew with every byte.
    """
    fetch, results, done = _Fetch(), list[T](), threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(fetch))
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    # Nobody waits for it at the end of the process: it may hang in a call that nothing ends.
    threading.Thread(target=run, daemon=True).start()
    try:
        before = 0
        while not done.wait(STALL_SECONDS):
            if fetch.size - before < STALL_BYTES:
                raise SourceError(
                    f"{named} cannot be fetched: the server sent {fetch.size:,} bytes and then next to nothing for "
                    f"{STALL_SECONDS:g} seconds. Try again later."
                )
            before = fetch.size
    finally:
        fetch.is_given_up = True
    if results:
        return results[0]
    try:
        raise errors[0]
    finally:
        # The error's traceback holds this list: what it holds in turn, sockets too, goes only if the circle is broken.
        errors.clear()


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage
    ) -> Any:  # noqa: ANN401 - urllib's own return type
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except BaseException:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        if urlsplit(newurl).scheme != "https":
            raise SourceError(
                f"{shown(req.full_url)} leads on to {shown(newurl)}, which is not https; fetch the file another way."
            )
        return super().redirect_request(req, fp, code, msg, headers, https_address(newurl).url)


def _open(address: Address) -> Any:  # noqa: ANN401 - urllib's own return type
    request = urllib.request.Request(address.url, headers={"User-Agent": "recstore"})
    if address.authorization:
        # For this server alone, not for one that it leads on to.
        request.add_unredirected_header("Authorization", address.authorization)
    return urllib.request.build_opener(_HttpsOnly).open(request, timeout=STALL_SECONDS)


def _md5_beside(fetch: _Fetch, address: Address) -> str | None:
    """Return the MD5 that is published as the address + `.md5`, or None where there is none."""
    try:
        with _open(address._replace(url=with_suffix(address.url, ".md5"))) as answer:
            text = answer.read(4096)
    except urllib.error.HTTPError as error:
        error.close()
        # A signed address is good for the one file: it is not allowed, rather than not there.
        if 400 <= error.code < 500:
            return None
        raise
    fetch.got(len(text))
    found = re.search(rb"\b[0-9a-fA-F]{32}\b", text)
    return found[0].decode().lower() if found else None


def stated_size(values: list[str], named: str) -> int | None:
    """Return the size that an answer states, given all its Content-Length headers; None where there is none.

    Raises `SourceError` where it is no number of bytes, or more than is taken.
    """
    if not values:
        return None
    stated = {part.strip() for value in values for part in value.split(",")}
    text = min(stated)
    if len(stated) > 1 or not re.fullmatch(r"[0-9]+", text, re.ASCII):
        raise SourceError(
            f"{named} cannot be fetched: the server states a size of {', '.join(values)[:40]!r}, which is no number of "
            "bytes. Fetch the file another way and pass its path."
        )
    digits = text.lstrip("0") or "0"
    if len(digits) > 18 or int(digits) > MAX_BYTES:
        raise _too_large(named)
    return int(digits)


def _too_large(named: str) -> SourceError:
    return SourceError(f"{named} is larger than {MAX_BYTES >> 30} GiB; pass a downloaded file if that is right.")


def _fetch(fetch: _Fetch, address: Address, file: IO[bytes], folder: Path, named: str) -> tuple[tuple[str, str], int]:
    """Write what the address gives to a file in a folder, and return its MD5 and SHA-256, and its size."""
    digests, size = (hashlib.md5(usedforsecurity=False), hashlib.sha256()), 0
    with _open(address) as answer:
        coding = answer.headers.get("Transfer-Encoding", "").strip().lower()
        if coding not in ("", "chunked"):
            raise SourceError(
                f"{named} is sent as {coding[:40]!r}, which recstore does not read; fetch it another way."
            )
        # In chunks it is told where they end, and a size beside that does not count.
        stated = None if coding else stated_size(answer.headers.get_all("Content-Length", []), named)
        require_room(folder, stated or 0, named)
        for block in _unpacked(_blocks(fetch, answer, stated, named), answer, named):
            size += len(block)
            if size > MAX_BYTES:
                raise _too_large(named)
            for digest in digests:
                digest.update(block)
            file.write(block)
    return (digests[0].hexdigest(), digests[1].hexdigest()), size


def _blocks(fetch: _Fetch, answer: Any, stated: int | None, named: str) -> Iterator[bytes]:  # noqa: ANN401
    size = 0
    # As much as there is, so that it is seen how much comes.
    while block := answer.read1(_BLOCK):
        size += len(block)
        fetch.got(len(block))
        yield block
    if stated is not None and size != stated:
        raise SourceError(f"{named} was cut short: {size:,} of {stated:,} bytes came. Try again.")


def _unpacked(blocks: Iterator[bytes], answer: Any, named: str) -> Iterator[bytes]:  # noqa: ANN401
    """Undo a packing that the server has added for the way, though it was not asked to."""
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        yield from blocks
        return
    if coding not in ("gzip", "x-gzip"):
        raise SourceError(
            f"{named} is sent packed as {coding[:40]!r}, which recstore does not read; fetch it another way."
        )
    growth, unpacker = Growth(named), zlib.decompressobj(31)
    try:
        for block in blocks:
            growth.packed += len(block)
            left = block
            while left:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(31)
                data = unpacker.decompress(left, _BLOCK)
                growth.grew(len(data))
                yield data
                left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error as error:
        raise SourceError(f"{named} arrived damaged ({error}). Try again.") from error
    if not unpacker.eof:
        raise SourceError(f"{named} was cut short. Try again.")
