"""Decodes sound files piece by piece, through processes that keep to themselves what decoders do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from recstore.errors import MissingExtraError, SourceError

#: A decoder that sends nothing for so long will not come to an end.
_PATIENCE_SECONDS = 120.0


class UnreadableError(SourceError):
    """A sound file cannot be read; `reason` says why in a few words, without its name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read as sound: {reason}.")
        self.reason = reason


@dataclass
class Decoded:
    """A file that is being decoded: its sample rate, the genres of its tags, and how long it is once it has ended."""

    rate: int
    genres: list[str]
    seconds: float = 0.0


class Decoder:
    """Decodes one file after the other in a process of its own, which begins with the first and ends with `close`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, path: Path, *, tags: bool = False) -> tuple[Decoded, Iterator[npt.NDArray[np.float64]]]:
        """Return what a file is, and its samples: mono, float64, 10 seconds at a time, the last piece shorter.

        With `tags`, the genres of its tags are read, too. The next file may be opened when the samples were read to
        their end. Raises `UnreadableError`, here or while the samples are read.
        """
        process = self._started()
        name = os.fsencode(path)
        assert process.stdin
        with suppress(BrokenPipeError):  # what it died of is told by what it did not answer
            process.stdin.write((b"t" if tags else b"-") + len(name).to_bytes(4, "big") + name)
            process.stdin.flush()
        _kind, content = self._message(path)
        head = json.loads(content)
        decoded = Decoded(head["rate"], head["genres"])
        return decoded, self._pieces(path, decoded)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe:
                        pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            if find_spec("soundfile") is None or find_spec("mutagen") is None:
                raise MissingExtraError("Sound files need a package more: pip install 'recstore[audio]'")
            command = [sys.executable, "-P", "-m", "recstore.sound.decoder_process"]
            pipe = subprocess.PIPE
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment
            )
        return self._process

    def _pieces(self, path: Path, decoded: Decoded) -> Iterator[npt.NDArray[np.float64]]:
        has_ended = False
        try:
            while True:
                kind, content = self._message(path)
                if kind == b"E":
                    decoded.seconds = json.loads(content)["seconds"]
                    has_ended = True
                    return
                yield np.frombuffer(content)
        except UnreadableError:
            has_ended = True
            raise
        finally:
            if not has_ended:
                # What is left of the file is nobody's answer to the next question.
                self.close()

    def _message(self, path: Path) -> tuple[bytes, bytes]:
        """Return the next message; raises `UnreadableError` where it says so, or where none comes."""
        process = self._process
        assert process
        assert process.stdout
        patience = threading.Timer(_PATIENCE_SECONDS, process.kill)
        patience.daemon = True
        patience.start()
        try:
            head = process.stdout.read(5)
            content = _exactly(process.stdout, int.from_bytes(head[1:], "big")) if len(head) == 5 else None
        finally:
            patience.cancel()
        if content is None:
            self.close()
            raise UnreadableError(path, "the decoder died of it, or did not come to an end")
        if head[:1] == b"X":
            raise UnreadableError(path, content.decode())
        return head[:1], content


def _exactly(file: IO[bytes], size: int) -> bytes | None:
    content = file.read(size)
    return content if len(content) == size else None
