"""Generated archives of AudioSet's record files for `fuzz.py`, sound and damaged."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from fuzz_clips import SECONDS, Source

from recstore.sound.tensorflow_import import import_tensorflow

#: Fields of records, and values that they may not have.
WRONG_FIELDS: list[tuple[str, object]] = [
    *[(name, None) for name in ("video_id", "start_time_seconds", "end_time_seconds", "labels", "audio_embedding")],
    *[(name, []) for name in ("video_id", "start_time_seconds", "end_time_seconds", "labels")],
    ("video_id", [b""]), ("video_id", [b"a\xff"]), ("video_id", [1]), ("video_id", [b"a", b"b"]),
    ("start_time_seconds", [b"0"]),
    ("start_time_seconds", [0.0, 0.0]), ("labels", [b"Music"]), ("labels", [0.0]), ("labels", [-1]), ("labels", [2]),
    ("labels", [0, 2**62]), ("start_time_seconds", [1]),
    *[("start_time_seconds", [value]) for value in (float("nan"), float("inf"), -float("inf"), -1.0, 1e30)],
    *[("end_time_seconds", [value]) for value in (float("nan"), float("inf"), -1.0, 1e30)],
]  # fmt: skip


def record_files(draw: random.Random) -> Iterator[Source]:
    """Give archives of record files: some are sound, some hold records at fault, and the bytes of some are damaged.

    All sound records before the first damaged byte of a file are to be there, and none that is at fault. What counts
    are the records at fault, and one for each file whose bytes are damaged.
    """
    made = RecordMaker(draw)
    while True:
        packed = io.BytesIO()
        source = Source("features.tar", b"", 0, 0, set())
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for number in range(made.FILES):
                made.write(archive, source, f"{draw.choice(['train', 'eval'])}/{number}.tfrecord", number)
        source.content = packed.getvalue()
        yield source


class RecordMaker:
    """Makes record files, sound and damaged."""

    FILES, RECORDS = 10, 120

    def __init__(self, draw: random.Random) -> None:
        """Import TensorFlow, whose own classes make the records."""
        self.tf, self.draw = import_tensorflow("This benchmark"), draw

    def write(self, archive: tarfile.TarFile, source: Source, name: str, number: int) -> None:
        """Put one file into an archive, and note in `source` what is to become of it."""
        kind = self.draw.choice(["sound", "records", "records", "bytes"])
        records, videos = [], []
        for record in range(self.RECORDS):
            # Long and random: damage to one record must not give it the id of another.
            video = f"{number}-{record}-{self.draw.randbytes(8).hex()}"
            videos.append(video)
            is_wrong = kind == "records" and self.draw.random() < 0.9
            content, fault = self._wrong(video) if is_wrong else (self._record(video), False)
            records.append(content)
            source.counted += is_wrong
            # Damage of which nobody knows whether it is a fault: the record is loaded or rejected.
            if fault is not None:
                (source.wrong if fault else source.sound).add(video)
        content = self._framed(records)
        if kind == "bytes":
            content, place = self._damaged(content)
            whole = sum(end <= place for end in np.cumsum([16 + len(record) for record in records]))
            source.sound.difference_update(videos[whole:])
            source.counted += 1
            source.records = None
        elif source.records is not None:
            source.records += self.RECORDS
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    def _framed(self, records: list[bytes]) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            with self.tf.io.TFRecordWriter(file.name) as writer:
                for record in records:
                    writer.write(record)
            return Path(file.name).read_bytes()

    def _damaged(self, content: bytes) -> tuple[bytes, int]:
        """Return a file with some bytes damaged, and the place of the first."""
        draw = self.draw
        place = draw.randrange(len(content))
        match draw.randrange(6):
            case 0:  # cut short
                return content[:place], place
            case 1:  # one bit
                return content[:place] + bytes([content[place] ^ (1 << draw.randrange(8))]) + content[
                    place + 1 :
                ], place
            case 2:  # bytes lost
                return content[:place] + content[place + draw.randint(1, 3000) :], place
            case 3:  # bytes added
                return content[:place] + draw.randbytes(draw.randint(1, 3000)) + content[place:], place
            case 4:  # zeros, as of a block that was never written
                return content[:place] + bytes(len(content[place : place + 4096])) + content[place + 4096 :], place
        # a huge length, whose own checksum is right
        begins = self._begin(content, place)
        length = struct.pack("<Q", draw.choice([2**63 - 1, 2**64 - 1, 2**40, 2**31, len(content), 0]))
        return content[:begins] + length + masked(length) + content[begins + 12 :], begins

    @staticmethod
    def _begin(content: bytes, place: int) -> int:
        begins = 0
        while True:
            end = begins + 16 + struct.unpack("<Q", content[begins : begins + 8])[0]
            if end > place:
                return begins
            begins = end

    def _record(self, video: str, **changed: object) -> bytes:
        """Return a record with some of its fields changed; None leaves one out."""
        train = self.tf.train
        fields: dict[str, object] = {
            "video_id": [video.encode()], "start_time_seconds": [0.0], "end_time_seconds": [10.0], "labels": [0],
        }  # fmt: skip
        frames = changed.pop("audio_embedding", [bytes([len(video)]) * 128] * SECONDS)
        fields |= changed
        context = {name: self._feature(values) for name, values in fields.items() if values is not None}
        lists = {}
        if frames is not None:
            embedding = [self._feature([frame]) for frame in frames]  # type: ignore[attr-defined]
            lists["audio_embedding"] = train.FeatureList(feature=embedding)
        example = train.SequenceExample(
            context=train.Features(feature=context), feature_lists=train.FeatureLists(feature_list=lists)
        )
        written: bytes = example.SerializeToString()
        return written

    def _feature(self, values: object) -> object:
        train = self.tf.train
        assert isinstance(values, list)
        if all(isinstance(value, bytes) for value in values):
            return train.Feature(bytes_list=train.BytesList(value=values))
        if all(isinstance(value, float) for value in values):
            return train.Feature(float_list=train.FloatList(value=values))
        return train.Feature(int64_list=train.Int64List(value=values))

    def _wrong(self, video: str) -> tuple[bytes, bool | None]:
        """Return a record that is damaged, and whether it is certainly at fault (None: nobody knows)."""
        draw = self.draw
        sound = self._record(video)
        place = draw.randrange(len(sound))
        match draw.randrange(3):
            case 0:  # a field is missing, empty, of another type, or holds what it may not
                name, values = draw.choice(WRONG_FIELDS)
                return self._record(video, **{name: values}), True
            case 1:  # frames of a wrong length, or of another type
                frames: list[object] = [bytes(128)] * SECONDS
                frames[place % SECONDS] = draw.choice([b"", bytes(127), bytes(129), bytes(100_000), 1, 1.5])
                return self._record(video, audio_embedding=frames), True
        garbled = [
            draw.randbytes(draw.randint(0, 2000)),
            sound[:place],
            sound[:place] + b"\xff\xff\xff\xff\x7f" + sound[place + 5 :],  # a length that promises more than there is
            sound[:place] + draw.randbytes(draw.randint(1, 20)) + sound[place + draw.randint(0, 20) :],
            sound[:place] + bytes([sound[place] ^ (1 << draw.randrange(8))]) + sound[place + 1 :],
            sound + sound[place:],
        ]
        return draw.choice(garbled), None


def masked(content: bytes) -> bytes:
    """Return the checksum of a few bytes as record files have it: CRC-32C, turned and offset."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
