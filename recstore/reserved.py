"""Room on the disk that is reserved before a file is written by a memory map.

Where the disk is full, writing to such a map ends the process: no error can be caught there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_KEEP_SIZE = 1
_UNKNOWN = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def reserve(path: Path, size: int) -> bool:
    """Have the first `size` bytes of a file allocated, whose length stays; say whether the system can do that.

    What lies beyond the file's end when it is cut to its length is free again. Raises `OSError` where the disk has no
    such room, or where this process may write no such file.
    """
    if not sys.platform.startswith("linux"):
        return False
    allocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
    if allocate is None:
        return False
    import resource

    # The system looks at this limit only where the length changes.
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if limit != resource.RLIM_INFINITY and size > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    descriptor = os.open(path, os.O_RDWR)
    try:
        done = allocate(descriptor, _KEEP_SIZE, ctypes.c_int64(0), ctypes.c_int64(size))
    finally:
        os.close(descriptor)
    code = ctypes.get_errno()
    if done != 0 and code not in _UNKNOWN:
        raise OSError(code, os.strerror(code), str(path))
    return bool(done == 0)
