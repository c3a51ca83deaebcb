"""What a program on top of recstore needs besides the API proper: the command line is one.

`open_connection` opens DuckDB as recstore does, with none of a user's settings. `whole_file` and `check_target` write a
file whole or not at all, and never over a store or its sources. `scratch_folder` is a folder that goes. Whoever ends a
process in the middle of the work calls `interrupt`, so that it ends in order, then `abandon`, which removes what was
begun; `has_published` says whether a new store is in place already. What fails in the block of `told_when_damaged`
because a store is damaged says so. `say_unknown_items` tells which names mean no item.
"""

from __future__ import annotations

from recstore.opening import open_connection
from recstore.reports.items import say_unknown_items
from recstore.reports.output_files import check_target, whole_file
from recstore.scratch import scratch_folder
from recstore.store.damage import told_when_damaged
from recstore.store.publish import abandon, has_published, interrupt

__all__ = [
    "abandon",
    "check_target",
    "has_published",
    "interrupt",
    "open_connection",
    "say_unknown_items",
    "scratch_folder",
    "told_when_damaged",
    "whole_file",
]
