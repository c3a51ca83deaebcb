"""What the build of the audio clips can be told."""

from __future__ import annotations

from dataclasses import dataclass

from recstore.errors import OptionError
from recstore.options import option


@dataclass(frozen=True)
class AudioOptions:
    """`music_filter`: which clips are music: `ontology`, a label in the subtree of Music of the AudioSet ontology.

    Or `name`, a label whose name contains "music". `label`: only clips that have this label, too. `audio_sequence`:
    make the space `sequence` besides `mean`. `audio_train_split`: learn labels from the clips of this split alone, such
    as bal_train; by default from all.
    """

    music_filter: str = option(
        "ontology",
        "Which clips are music: by the ontology, or by a label whose name contains music.",
        is_of_loading=True,
    )
    label: str = option("", "Keep only clips that have this label, too.", is_of_loading=True)
    audio_sequence: bool = option(
        False,
        "mean, or sequence for the notebook's space besides mean.",
        flag="audio-space",
        words={"mean": False, "sequence": True},
    )
    audio_train_split: str = option("", "Learn labels of clips from this split alone, such as bal_train.")

    audio_labels: str = option(
        "", "Labels of sound files: a CSV of path,label,label…", is_of_loading=True, is_of_adding=True
    )
    vggish: str = option(
        "",
        "The folder with the weights of VGGish, which embed sound files; without it they are fetched once.",
        is_of_loading=True,
        is_of_adding=True,
    )

    def __post_init__(self) -> None:
        """Refuse what makes no sense, by name: an `OptionError`."""
        if self.music_filter not in ("ontology", "name"):
            raise OptionError(f"music_filter is ontology or name, not {self.music_filter!r}.")
