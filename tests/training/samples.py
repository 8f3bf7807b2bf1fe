"""What an epoch reported, made up."""

from typing import Final

from handwriting_ai.training.progress import TrainingMetrics

EPOCH: Final = TrainingMetrics(
    epoch=1,
    epochs=2,
    learning_rate=0.001,
    train_loss=0.2,
    val_loss=0.06,
    val_accuracy=0.98,
    drawn_accuracy={},
    scribble_confidence=None,
    images_per_second=3_000.0,
    seconds=18.0,
)
