"""Unpacks the wanted members of a zip archive: no other, no more than fits, and nothing that is not plainly a file."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from recstore.errors import SourceError, full, is_full
from recstore.scratch import OTHER_FOLDER, require_room
from recstore.sources.growth import Growth

#: A release has ten members or so. More than this is none, and only to list them takes long.
_MAX_MEMBERS = 100_000
_BLOCK = 1 << 20
#: Of these Python unpacks whatever comes of a block at once, so that the block must be small.
_SMALL_BLOCK = 4096
_UNBOUNDED = (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_METHODS = {9: "deflate64", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES encryption", 12: "bzip2", 14: "LZMA"}
#: Whatever the readers stumble over when the bytes are not what they should be.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, struct.error, ValueError, OverflowError,
    IndexError, KeyError, NotImplementedError, RuntimeError,
)  # fmt: skip


def unpack(archive: Path, named: str, wanted: frozenset[str], folder: Path) -> dict[str, Path]:
    """Unpack the wanted members, at most one folder deep, into `folder`, and return where each is.

    `named` is what the archive is called in messages. Raises `SourceError` where it is damaged, holds a wanted file
    twice, or as a link or encrypted, and where too much would come of it; `FullError` where there is no room.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = _wanted(packed, named, wanted)
            growth = Growth(named, archive.stat().st_size)
            claimed = sum(member.file_size for member in members.values())
            growth.allows(claimed)
            require_room(folder, claimed, named)
            for name, member in members.items():
                _unpack_one(packed, member, folder / name, growth)
    except _DAMAGE as error:
        if isinstance(error, OSError) and is_full(error):
            raise full(f"what is in {named} to {folder.parent}", error, OTHER_FOLDER) from error
        raise SourceError(f"{named} is damaged ({str(error) or type(error).__name__}); download it again.") from error
    return {name: folder / name for name in members}


def _wanted(packed: zipfile.ZipFile, named: str, wanted: frozenset[str]) -> dict[str, zipfile.ZipInfo]:
    members = packed.infolist()
    if len(members) > _MAX_MEMBERS:
        raise SourceError(f"{named} has {len(members):,} members, which no release has; unpack it and pass the folder.")
    found: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        path = PurePosixPath(member.filename)
        if path.name not in wanted or len(path.parts) > 2 or member.is_dir():
            continue
        if path.name in found:
            both = f"{found[path.name].filename} and {member.filename}"
            raise SourceError(f"{named} holds {path.name} twice ({both}); unpack it by hand and pass one folder.")
        _require_plain(member, named)
        found[path.name] = member
    return found


def _require_plain(member: zipfile.ZipInfo, named: str) -> None:
    """Refuse a member that is no file, or that Python cannot read."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        what = "a link" if kind == stat.S_IFLNK else "a device or the like"
        raise SourceError(f"{named}: {member.filename} is {what}, and no file; unpack it by hand and pass the folder.")
    method = _METHODS.get(member.compress_type, f"method {member.compress_type}")
    if member.flag_bits & 0x1:
        raise SourceError(f"{named}: {member.filename} is encrypted; unpack it by hand and pass the folder.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, *_UNBOUNDED):
        raise SourceError(
            f"{named}: {member.filename} is packed with {method}, which recstore does not read; unpack it by hand and "
            "pass the folder."
        )


def _unpack_one(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, growth: Growth) -> None:
    block_size = _SMALL_BLOCK if member.compress_type in _UNBOUNDED else _BLOCK
    with packed.open(member) as source, target.open("xb") as file:
        size = 0
        while block := source.read(block_size):
            size += len(block)
            growth.grew(len(block))
            file.write(block)
    if size != member.file_size:
        raise zipfile.BadZipFile(f"{size:,} of {member.file_size:,} bytes of {member.filename} came")
