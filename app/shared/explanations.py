"""What the pages' figures and words mean, in a sentence each."""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from shared import glossary

MNIST: Final = glossary.meaning("MNIST")
WILSON: Final = glossary.meaning("Wilson's interval")
NLL: Final = glossary.meaning("NLL")
BRIER: Final = glossary.meaning("Brier score")
ECE: Final = glossary.meaning("ECE")
ECE_EQUAL_COUNTS: Final = glossary.linked(
    "ECE", "The same over 15 groups of as many digits each, since almost all answers are near 100 %."
)
AUROC: Final = "How often a right answer is surer than a wrong one: 1 always, 0.5 by chance alone."
RELIABILITY: Final = (
    "Each point is a group of digits answered with like confidence; the larger, the more digits. On the dashed line as "
    "many are right as the confidence says; below it the models are too sure. The bar shows by how much."
)
TEMPERATURE: Final = glossary.meaning("temperature")
WHY: Final = glossary.meaning("why this digit")
VIEWS: Final = glossary.meaning("view")
MULTIPLY_ADDS: Final = glossary.meaning("multiply-adds")
PARAMETERS: Final = glossary.meaning("parameters")
TEST_REPORT: Final = "Reported only: nothing here is to be chosen by it. Another choice closes the report."
SEED: Final = glossary.meaning("seed")
RECIPE: Final = glossary.linked("recipe", "What it learnt from, and how; the page Train describes each.")
INGREDIENTS: Final = (
    "Augmentation: each epoch shows other distortions of a digit. Elastic: as if it were drawn on rubber. Cutout: a "
    "square of it is blank. Mixup: two digits are blended, and so are their labels. Label smoothing: the right digit "
    "is to get a little less than all. Dropout: some of the network's values are left out at random. Scribbles: "
    "drawings that are no digit, to be answered without confidence."
)
DEVICE: Final = "What it was trained on."
LOSSES: Final = (
    "Both fall at first. Training loss may be the higher one: its digits are distorted on purpose, and some recipes "
    "soften their labels (label smoothing). In every run of the included models, all with softened labels, the "
    "validation loss rises again after a few epochs: the network is less sure than it is right, until its temperature "
    "is fitted."
)
LEARNING: Final = (
    "Before the temperature is fitted, hence higher than the NLL in the table. With softened labels (label smoothing) "
    "it rises again after a few epochs in every run of the included models: the network is less sure than it is right, "
    "and the temperature mends that."
)
_FIGURES: Final = {
    "Validation accuracy": glossary.meaning("accuracy"),
    "95 % interval": WILSON,
    "NLL": NLL,
    "Brier": BRIER,
    "ECE": ECE,
    "ECE, equal counts": ECE_EQUAL_COUNTS,
    "AUROC of misreads": AUROC,
}
"""By their names in tables."""


def show(names: Iterable[str]) -> None:
    """What those figures of a table mean that have a sentence, folded away: its headers tell it to a mouse alone."""
    with st.expander("What the figures mean", icon=":material/help:"):
        st.markdown("\n".join(f"- **{name}**: {_FIGURES[name]}" for name in names if name in _FIGURES))
