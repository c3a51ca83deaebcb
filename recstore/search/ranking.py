"""The one rule of ranking, for NumPy and SQL alike: scores are rounded first, and equal ones go to the smaller id.

A score is rounded to 5 decimals, that is to whole steps of 1 / 100,000. Steps and id make one key, a BIGINT that sorts
as the answer does, largest first: steps × 2³² + 2³¹ − 1 − id. The SQL of the store is filled with the same constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SCORE_STEPS = 100_000
_SPAN, _LARGEST_ID = 1 << 32, (1 << 31) - 1
#: What SQL is filled with, by placeholder. The divisor is a DOUBLE: no setting of a session makes the quotient whole.
CONSTANTS = {
    "score_steps": str(SCORE_STEPS),
    "score_divisor": f"1e{len(str(SCORE_STEPS)) - 1}",
    "key_span": str(_SPAN),
    "key_largest_id": str(_LARGEST_ID),
    "key_mask": str(_SPAN - 1),
}


def steps(scores: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    """Round scores, any shape, to whole steps."""
    import numpy as np

    return np.asarray(np.rint(scores * SCORE_STEPS), np.int64)


def pack(scores: npt.NDArray[np.floating[Any]], ids: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Return the keys of scores and ids, of shapes that fit each other."""
    import numpy as np

    return steps(scores) * _SPAN + (_LARGEST_ID - ids.astype(np.int64))


def unpack(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the ids and the rounded scores of keys, any shape."""
    import numpy as np

    return _LARGEST_ID - (keys & (_SPAN - 1)), ((keys >> 32) / SCORE_STEPS).astype(np.float32)
