"""VGGish: from log-mel examples to embeddings and their bytes, with TensorFlow's own operations.

The network is that of the release, without the activation after its last layer: the embeddings that AudioSet publishes
are from before it (tensorflow/models#9080).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recstore.errors import SourceError
from recstore.sound.front_end import BANDS, EXAMPLE_FRAMES
from recstore.sound.tensorflow_import import import_tensorflow

WIDTH = 128
#: Convolutions of 3 x 3, each with a rectifier; where True, the largest of 2 x 2 follows.
CONVOLUTIONS = {
    "conv1": True,
    "conv2": True,
    "conv3/conv3_1": False,
    "conv3/conv3_2": True,
    "conv4/conv4_1": False,
    "conv4/conv4_2": True,
}
#: Layers that are fully connected; where True, with a rectifier.
CONNECTED = {"fc1/fc1_1": True, "fc1/fc1_2": True, "fc2": False}
LAYERS = (*CONVOLUTIONS, *CONNECTED)
_KERNEL = 3
#: Embeddings are clipped to this on either side of 0 before they become bytes.
_LIMIT = 2.0


def variable(layer: str, what: str) -> str:
    """Return the name of a layer's `weights` or `biases` in a checkpoint."""
    return f"vggish/{layer}/{what}"


def required_shapes(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the shapes that the 18 variables must have, where layers are as wide as the biases in `shapes` are."""
    width = {
        layer: found[0] if len(found := shapes.get(variable(layer, "biases"), ())) == 1 else 0 for layer in LAYERS
    } | {"fc2": WIDTH}
    wanted: dict[str, tuple[int, ...]] = {}
    before, rows, columns = 1, EXAMPLE_FRAMES, BANDS
    for layer, is_pooled in CONVOLUTIONS.items():
        wanted[variable(layer, "weights")] = (_KERNEL, _KERNEL, before, width[layer])
        before = width[layer]
        if is_pooled:
            rows, columns = rows // 2, columns // 2
    before *= rows * columns
    for layer in CONNECTED:
        wanted[variable(layer, "weights")] = (before, width[layer])
        before = width[layer]
    return wanted | {variable(layer, "biases"): (width[layer],) for layer in LAYERS}


class Network:
    """The network with its weights, ready to be asked, by several threads at once."""

    def __init__(self, variables: Mapping[str, Any], means: npt.NDArray[Any], vectors: npt.NDArray[Any]) -> None:
        """Take the 18 variables as tensors, and the PCA's means (128,) and eigenvectors (128, 128)."""
        self._tf = tf = import_tensorflow("Embedding sound files")
        self._variables = dict(variables)
        self._means, self._vectors = means.reshape(WIDTH), vectors
        answer = tf.autograph.experimental.do_not_convert(self._answer)
        self._run = tf.function(answer, input_signature=[tf.TensorSpec([None, EXAMPLE_FRAMES, BANDS], tf.float32)])

    def embeddings(self, examples: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Return the embeddings (n, 128) float32 of examples (n, 96, 64)."""
        found: npt.NDArray[np.float32] = self._run(self._tf.constant(examples, self._tf.float32)).numpy()
        return found

    def as_bytes(self, embeddings: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
        """Return embeddings (n, 128) as AudioSet publishes them, (n, 128) uint8: rotated, clipped and truncated."""
        rotated = (embeddings - self._means) @ self._vectors.T
        scaled = (np.clip(rotated, -_LIMIT, _LIMIT) + _LIMIT) * (255 / (2 * _LIMIT))
        return np.asarray(scaled.astype(np.uint8))

    def _answer(self, examples: Any) -> Any:  # noqa: ANN401 - TensorFlow is not typed
        tf = self._tf
        values = tf.expand_dims(examples, -1)
        for layer, is_pooled in CONVOLUTIONS.items():
            weights, biases = (self._variables[variable(layer, what)] for what in ("weights", "biases"))
            values = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(values, weights, 1, "SAME"), biases))
            if is_pooled:
                values = tf.nn.max_pool2d(values, 2, 2, "SAME")
        values = tf.reshape(values, [tf.shape(values)[0], -1])
        for layer, is_rectified in CONNECTED.items():
            weights, biases = (self._variables[variable(layer, what)] for what in ("weights", "biases"))
            values = tf.matmul(values, weights) + biases
            if is_rectified:
                values = tf.nn.relu(values)
        return values


def load_network(checkpoint: str, means: npt.NDArray[Any], vectors: npt.NDArray[Any]) -> Network:
    """Load the network from a checkpoint of TensorFlow's first format: one file.

    Raises `SourceError` where it is none, or lacks a variable, or has one of another shape.
    """
    tf = import_tensorflow("Embedding sound files")
    try:
        reader = tf.train.load_checkpoint(checkpoint)
        shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
        wanted = required_shapes(shapes)
        for name in wanted:
            if name not in shapes:
                raise SourceError(f"{checkpoint} is no checkpoint of VGGish: it lacks the variable {name}.")
        for name, shape in wanted.items():
            if shapes[name] != shape:
                raise SourceError(
                    f"{checkpoint} is no checkpoint of VGGish: its variable {name} is of shape {shapes[name]}, and "
                    f"{shape} is needed."
                )
        variables = {name: tf.constant(reader.get_tensor(name)) for name in wanted}
    except (tf.errors.OpError, ValueError) as error:
        raise SourceError(f"{checkpoint} is no checkpoint that TensorFlow can read, or it is damaged.") from error
    return Network(variables, means, vectors)
