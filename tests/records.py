"""Clips as AudioSet packs them: record files, written by TensorFlow."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from recstore.samples.audio import write_audio_sample


def write_audio_records(folder: Path, clips: int) -> None:
    """Write the generated sample, and its clips once more as bal_train/sample.tfrecord."""
    import tensorflow as tf

    write_audio_sample(folder, clips=clips)
    names = [
        line.split(",", 2)[2].strip('"') for line in (folder / "class_labels_indices.csv").read_text().splitlines()
    ][1:]
    (folder / "bal_train").mkdir()
    feature = tf.train.Feature
    with tf.io.TFRecordWriter(str(folder / "bal_train" / "sample.tfrecord")) as file:
        for clip in json.loads((folder / "sample.json").read_text()):
            labels = [names.index(label) for label in clip["labels"]]
            context = {
                "video_id": feature(bytes_list=tf.train.BytesList(value=[clip["video_id"].encode()])),
                "start_time_seconds": feature(float_list=tf.train.FloatList(value=[clip["start_seconds"]])),
                "end_time_seconds": feature(float_list=tf.train.FloatList(value=[clip["end_seconds"]])),
                "labels": feature(int64_list=tf.train.Int64List(value=labels)),
            }
            seconds = [
                feature(bytes_list=tf.train.BytesList(value=[np.array(second, np.uint8).tobytes()]))
                for second in clip["frames"]
            ]
            example = tf.train.SequenceExample(
                context=tf.train.Features(feature=context),
                feature_lists=tf.train.FeatureLists(
                    feature_list={"audio_embedding": tf.train.FeatureList(feature=seconds)}
                ),
            )
            file.write(example.SerializeToString())


def record(video="a" * 11, start=0.0, labels=(137,), frames=10, size=128, rng=np.random.default_rng(0)):  # noqa: B008
    import tensorflow as tf

    def feature(**kind):
        return tf.train.Feature(**kind)

    context = {
        "video_id": feature(bytes_list=tf.train.BytesList(value=[video.encode()])),
        "start_time_seconds": feature(float_list=tf.train.FloatList(value=[start])),
        "end_time_seconds": feature(float_list=tf.train.FloatList(value=[start + frames])),
    }
    if labels:
        context["labels"] = feature(int64_list=tf.train.Int64List(value=list(labels)))
    embedding = [feature(bytes_list=tf.train.BytesList(value=[rng.bytes(size)])) for _ in range(frames)]
    lists = tf.train.FeatureLists(feature_list={"audio_embedding": tf.train.FeatureList(feature=embedding)})
    return tf.train.SequenceExample(context=tf.train.Features(feature=context), feature_lists=lists)


def record_file(records) -> bytes:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for entry in records:
                writer.write(entry if isinstance(entry, bytes) else entry.SerializeToString())
        return path.read_bytes()
