"""Imports TensorFlow, quietly and without Keras, where it is needed: it is an extra, and slow to import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

from recstore.errors import SourceError

#: By this variable TensorFlow is told to use the Keras of before version 3.
_KERAS = "TF_USE_LEGACY_KERAS"


def import_tensorflow(what: str) -> ModuleType:
    """Import TensorFlow, which `what` needs; its absence is a `SourceError` that says so."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    try:
        with _stderr_silenced(), _without_keras():
            import tensorflow
    except ImportError as error:
        raise SourceError(
            f"{what} needs TensorFlow, for Python below 3.14. Install it with: pip install 'recstore[audio]'"
        ) from error
    module: ModuleType = tensorflow
    return module


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Keep quiet what TensorFlow's C++ part says while it is imported, before its log level counts."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def _without_keras() -> Iterator[None]:
    """Leave Keras, which takes half of TensorFlow's import and is not used here, to whoever first says `tf.keras`.

    TensorFlow imports the Keras that its environment names, where that is installed. While it is imported this names
    the older one, which nobody has who did not install it as `tf_keras`.
    """
    if _KERAS in os.environ or find_spec("tf_keras") is not None:
        yield
        return
    os.environ[_KERAS] = "1"
    try:
        yield
    finally:
        del os.environ[_KERAS]
