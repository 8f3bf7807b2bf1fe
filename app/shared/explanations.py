"""What the pages' figures and words mean, in a sentence each."""

from collections.abc import Iterable
from typing import Final

import streamlit as st

MNIST: Final = (
    "MNIST: 70,000 digits scanned from paper, 60,000 to learn from and 10,000 to test with; the usual yardstick."
)
WILSON: Final = "The range in which the accuracy plausibly lies, seen that so few digits were read (Wilson's interval)."
NLL: Final = (
    "Negative log-likelihood, in nats: what it costs on average to give the right digit too little probability. 0 if "
    "every right digit gets 100 %; to be sure and wrong costs most."
)
BRIER: Final = "Squared distance of the ten probabilities from the certain right answer: 0 is perfect, 2 the worst."
ECE: Final = (
    "Expected calibration error: how far the confidence is from the share that is right, averaged over 15 groups of "
    "equally confident answers. At 0.1 % the two differ by a tenth of a percentage point."
)
ECE_EQUAL_COUNTS: Final = "The same over 15 groups of as many digits each, since almost all answers are near 100 %."
AUROC: Final = "How often a right answer is surer than a wrong one: 1 always, 0.5 by chance alone."
RELIABILITY: Final = (
    "Each point is a group of digits answered with like confidence; the larger, the more digits. On the dashed line as "
    "many are right as the confidence says; below it the models are too sure. The bar shows by how much."
)
TEMPERATURE: Final = (
    "One number that the network's outputs are divided by before they become probabilities: it makes the confidence "
    "honest. It is fitted on validation; above 1 answers become less confident, below 1 more."
)
WHY: Final = (
    "A small window of the picture is covered, and the picture read again: where that makes the answer less likely "
    "against the runner-up, the covered ink spoke for it (occlusion; Zeiler and Fergus, 2014)."
)
VIEWS: Final = (
    "Test-time augmentation: slightly shifted, turned, scaled and slanted copies of a digit are read as well, and the "
    "probabilities averaged."
)
MULTIPLY_ADDS: Final = "The arithmetic that one view of one picture takes; time goes roughly with it."
PARAMETERS: Final = "How many numbers the network has learnt."
TEST_REPORT: Final = "Reported only: nothing here is to be chosen by it. Another choice closes the report."
SEED: Final = "The number that the random start of the training hangs on: another seed, another model of the same kind."
RECIPE: Final = "What it learnt from, and how; the page Train describes each."
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
    "Validation accuracy": "The share of digits that are read right.",
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
