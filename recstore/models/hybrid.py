"""The hybrid space: two spaces concatenated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def hybrid_vectors(
    content_ids: npt.NDArray[np.int32],
    content: npt.NDArray[np.float32],
    collaborative_ids: npt.NDArray[np.int32],
    collaborative: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Lay the unit vectors of the movies that have both end to end, divided by the square root of 2.

    So the cosine of two hybrid vectors is the mean of their two cosines. Takes ids (n,) and vectors (n, d) of each
    space, and returns the ids (m,) and vectors (m, d1 + d2) float32 of unit length.
    """
    ids, in_content, in_collaborative = np.intersect1d(
        content_ids, collaborative_ids, assume_unique=True, return_indices=True
    )
    both = np.hstack([content[in_content], collaborative[in_collaborative]])
    # In double precision, as one number has it, without a copy of all that is.
    np.divide(both, np.sqrt(2), out=both, dtype=np.float64, casting="same_kind")
    return ids, both
