"""By which endings a file of data is known, whoever reads it."""

from __future__ import annotations

import re

#: What a file is, as its ending says it; it may be packed.
DATA_FILE = re.compile(r"(?i)\.(csv|tsv|tab|parquet|pq|json|jsonl|ndjson)(\.gz|\.gzip|\.zst|\.zstd)?$")
