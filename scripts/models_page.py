"""Write the tables of models/README.md anew, from the models' manifests, learning curves and predictions.

    python scripts/models_page.py

Runs no model. Scores the test digits too, for the record: the three openings that docs/evaluation.md allows have been
made, and nothing may be chosen by what it prints. Between the two marks nothing is kept; what stands outside them is.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.marked_tables import rewrite, share, short_digest, table

from handwriting_ai.config import load_settings
from handwriting_ai.evaluation.predictions import load_evaluation_digits
from handwriting_ai.evaluation.scoreboard import EvaluationPart, Scoreboard
from handwriting_ai.evaluation.statistics import mean_and_spread
from handwriting_ai.inference.views import views_for
from handwriting_ai.prediction import EnsembleChoice, TtaMode
from handwriting_ai.preprocess import preprocess_signature
from handwriting_ai.registry.manifest import Manifest
from handwriting_ai.registry.presets import Preset, read_presets
from handwriting_ai.registry.store import ModelStore
from handwriting_ai.training.progress import read_metrics

PAGE: Final = "README.md"
SCRIPT: Final = "models_page.py"
PARTS: Final = (EvaluationPart.VALIDATION, EvaluationPart.TEST)
"""What recipes and presets are scored on: the one chooses, the other is reported."""


def _called(manifest: Manifest) -> str:
    """Its name, marked where its weights are not here."""
    return manifest.model_id if manifest.not_shipped is None else f"{manifest.model_id} (not shipped)"


def made_by(manifest: Manifest) -> dict[str, str]:
    """Where a model is from."""
    return {
        "model": _called(manifest),
        "recipe": manifest.training_recipe or "–",
        "from": manifest.parent_model_id or "–",
        "seed": _whole(manifest.training_seed),
        "epochs": _whole(manifest.training_epochs),
        "parameters": _whole(manifest.n_parameters),
        "seconds": _whole(None if manifest.train_seconds is None else round(manifest.train_seconds)),
        "hardware": manifest.device or "–",
        "PyTorch": manifest.torch_version or "–",
        "weights, SHA-256": short_digest(manifest),
    }


def scored(manifest: Manifest, validation: int, drawn_accuracy: Mapping[str, float | None]) -> dict[str, str]:
    """How good a model is with one view, on so many validation digits and on the files of pen strokes."""
    errors = round((1 - manifest.val_acc) * validation)
    return {
        "model": _called(manifest),
        "errors": str(errors),
        "accuracy": f"{manifest.val_acc:.2%}",
        "NLL": _rounded(manifest.val_nll),
        "ECE": share(manifest.val_ece),
        "temperature": f"{manifest.temperature:.3f}",
        **{f"{name}, held out": share(accuracy) for name, accuracy in drawn_accuracy.items()},
    }


def recipe_scored(manifests: Sequence[Manifest], tta: TtaMode, board: Scoreboard) -> dict[str, str]:
    """How good the models of one recipe and network are with so many views: mean ± sample standard deviation."""
    choices = [EnsembleChoice(members=(manifest.model_id,), tta=tta) for manifest in manifests]
    recipe, arch, epochs, is_fresh = _kind(manifests[0])
    row = {
        "recipe": recipe if is_fresh else f"{recipe}, from a model",
        "network": arch,
        "epochs": str(epochs or "–"),
        "seeds": str(len(manifests)),
        "views": str(len(views_for(tta))),
    }
    for part in PARTS:
        figures = [board.score(choice, part).figures for choice in choices]
        row[f"{part}: errors"] = mean_and_spread([each.errors for each in figures], ".1f")
        row[f"{part}: accuracy"] = f"{mean_and_spread([100 * each.accuracy for each in figures], '.2f')} %"
        disputed = [each.errors_without_disputed for each in figures if each.errors_without_disputed is not None]
        if disputed:
            row["without the 15 disputed"] = mean_and_spread(disputed, ".1f")
        row[f"{part}: NLL"] = mean_and_spread([each.nll for each in figures], ".4f")
    return row


def preset_scored(preset: Preset, board: Scoreboard, part: EvaluationPart) -> dict[str, str]:
    """How good a preset is, in its own mode."""
    choice = EnsembleChoice(members=preset.members, tta=preset.tta)
    figures = board.score(choice, part).figures
    low, high = figures.wilson95
    row = {
        "preset": f"`{preset.name}`",
        "members": str(len(preset.members)),
        "views": str(len(views_for(preset.tta))),
        "errors": str(figures.errors),
        "accuracy": f"{figures.accuracy:.2%}",
        "95 % interval": f"{low:.2%} to {high:.2%}",
    }
    if figures.errors_without_disputed is not None:
        row["errors without the 15 disputed"] = str(figures.errors_without_disputed)
    return row | {"NLL": f"{figures.nll:.4f}", "ECE": f"{figures.ece:.2%}"}


def tables(root: Path, mnist: Path) -> str:
    """All that is made of the page.

    Args:
        root: the models folder.
        mnist: the folder with MNIST.
    """
    store, digits = ModelStore(root), load_evaluation_digits(mnist)
    board = Scoreboard(store, digits, preprocess_signature())
    manifests = [store.read_manifest(name) for name in store.model_ids()]
    drawn = [_drawn_accuracy(store.folder(manifest.model_id)) for manifest in manifests]
    count = len(digits.validation)
    files: dict[str, None] = dict.fromkeys(name for shares in drawn for name in shares)
    rows = [
        scored(manifest, count, {name: shares.get(name) for name in files})
        for manifest, shares in zip(manifests, drawn, strict=True)
    ]
    groups = [list(group) for _, group in groupby(sorted(manifests, key=_kind), key=_kind)]
    recipes = [recipe_scored(group, tta, board) for group in groups for tta in TtaMode]
    presets = list(read_presets(root).values())
    return "\n".join(
        [
            "How each was made:\n",
            *table([made_by(manifest) for manifest in manifests]),
            *_withheld(manifests),
            f"\nOn {count:,} validation digits of MNIST, and on pen strokes of writers held out, one view:\n",
            *table(rows),
            "\nEach recipe and network, one model at a time: mean ± standard deviation over its seeds:\n",
            *table(recipes),
            *(line for part in PARTS for line in _of_presets(presets, board, part)),
        ]
    )


def _drawn_accuracy(folder: Path) -> Mapping[str, float]:
    """What the last epoch read of each file of pen strokes; nothing where no learning curve is kept."""
    history = read_metrics(folder)
    return history[-1].drawn_accuracy if history else {}


def _withheld(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Why weights are not here, if some are not."""
    reasons = [f"- {each.model_id}: {each.not_shipped}" for each in manifests if each.not_shipped is not None]
    if reasons:
        yield "\nNot shipped, so that only their manifests, curves and predictions are here:\n"
        yield from reasons


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _of_presets(presets: Sequence[Preset], board: Scoreboard, part: EvaluationPart) -> Iterator[str]:
    if not presets:
        return
    yield f"\nThe presets on {part}, each in its own mode:\n"
    yield from table([preset_scored(preset, board, part) for preset in presets])


def _kind(manifest: Manifest) -> tuple[str, str, int, bool]:
    recipe, epochs = manifest.training_recipe or "–", manifest.training_epochs or 0
    return recipe, manifest.arch, epochs, manifest.parent_model_id is None


def _rounded(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def main() -> None:
    """Rewrite the page."""
    settings = load_settings()
    made = tables(settings.digits.model_dir, settings.training.data_dir)
    rewrite(settings.digits.model_dir / PAGE, made, SCRIPT)


if __name__ == "__main__":
    main()
