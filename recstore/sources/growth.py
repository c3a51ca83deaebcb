"""How much may come of what is packed: counted as it comes, since what headers say may be a lie."""

from __future__ import annotations

from recstore.errors import SourceError

#: Ratings and features grow to 1 to 10 times their packed size. What grows more than this is no data: zeros, packed to
#: fill somebody's disk, grow 1,000 times with zip and gzip and far more with xz.
_MAX_GROWTH = 100
#: So much may come of anything, however small: it harms nobody, and a few repeated lines do grow a lot.
_FREE_BYTES = 64 << 20
#: No data set that is read here comes near it, whatever it was packed from.
_MAX_BYTES = 200 << 30


class Growth:
    """Counts what was read of something packed, and what came of it.

    `packed` is how many bytes were read so far, or, where all of them are there, how many there are.
    """

    def __init__(self, source: str, packed: int = 0) -> None:
        self._source = source
        self.packed = packed
        self.unpacked = 0

    def allows(self, size: int) -> None:
        """Raise `SourceError` where so many bytes are more than may come of what was read."""
        if size > min(_MAX_BYTES, _FREE_BYTES + _MAX_GROWTH * self.packed):
            raise SourceError(
                f"{self._source} expands suspiciously: {size / 1e6:,.0f} MB come of {self.packed / 1e6:,.1f} MB. If it "
                "is what it should be, unpack it by hand and pass the folder."
            )

    def grew(self, size: int) -> None:
        """Count bytes that came; raises `SourceError` where they are too many."""
        self.unpacked += size
        self.allows(self.unpacked)
