"""Arguments, options and progress bars that several commands have, each with one text."""

from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from handwriting_ai.jobs.types import MOST_EPOCHS
from handwriting_ai.prediction import TtaMode

BAR: Final = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
"""Of work whose steps are counted."""


class Rate(ProgressColumn):
    """How many a second, so far: `312 pictures/s`."""

    def __init__(self, things: str) -> None:
        super().__init__()
        self._things = things

    def render(self, task: Task) -> Text:
        """Nothing before the first."""
        return Text(f"{task.speed:,.0f} {self._things}/s" if task.speed else "")


_MOST_TRIAL_DIGITS: Final = 54_999
"""MNIST has one more to train on; with them all it would be a whole run."""

Arch = Annotated[
    str | None, typer.Option(help="Architecture, compact or the parent's; `models architectures` lists them.")
]
Recipe = Annotated[str, typer.Option(help="Recipe: every number of the training.")]
Epochs = Annotated[
    int | None, typer.Option(help="Another number of epochs; the schedule scales.", min=1, max=MOST_EPOCHS)
]
Seeds = Annotated[
    str, typer.Option(help="Seeds of fresh weights, order and augmentation, a run for each: 3, or 0-4, or 0,2,5.")
]
Trial = Annotated[
    int | None,
    typer.Option(
        help="A quick trial on so many digits of each set, or all where it has fewer.", min=10, max=_MOST_TRIAL_DIGITS
    ),
]
Parent = Annotated[
    str | None, typer.Option(help="Start from this model's weights: train it further, or on drawings of your own.")
]
ForceModel = Annotated[bool, typer.Option("--force", help="Replace a model of the same name.")]

Models = Annotated[
    list[str] | None,
    typer.Argument(help="Models that answer together, or a preset of presets.json. Default: the preset default."),
]
Tta = Annotated[TtaMode | None, typer.Option(help="Views of each digit. Default: the preset's, else none.")]
Temperature = Annotated[float | None, typer.Option(help="One for all members, in place of their own.")]
