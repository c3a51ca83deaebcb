"""How much room on the disk a store of a source takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """Bytes on the disk: what a new store takes in any case, and what it is likely to take."""

    least: int = 0
    likely: int = 0

    @classmethod
    def together(cls, rooms: Iterable[Room]) -> Room:
        """Return the room that several things need."""
        every = list(rooms)
        return cls(sum(room.least for room in every), sum(room.likely for room in every))

    def or_as_much_as(self, other: Room) -> Room:
        """Return the greater of both."""
        return Room(max(self.least, other.least), max(self.likely, other.likely))
