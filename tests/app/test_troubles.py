"""What the pages say of an error."""

import errno

import pytest

from handwriting_ai.errors import HandwritingError, JobConflict, ModelExists
from shared import troubles


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (JobConflict("Job x is running."), "Job x is running."),
        (
            ModelExists("Model 'm' exists in models."),
            "Model 'm' exists in models. Start a new run with another first seed, or with “Replace a model of the same "
            "name” switched on.",
        ),
        (OSError(errno.EIO, "Input/output error"), "The disk refused it: Input/output error."),
        (
            OSError(errno.ENOSPC, "No space left on device", "/data/runs/x/.state.json-0af3"),
            "The disk of `/data/runs/x` takes no more: No space left on device.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/data/drawings/.1.json-0af3"),
            "`/data/drawings` cannot be used: Permission denied. See that it is there and to its permissions, then try "
            "again.",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "/models/a/model.pt"),
            "`/models/a/model.pt` cannot be used: No such file or directory. See that it is there and to its "
            "permissions, then try again.",
        ),
    ],
)
def test_an_error_is_said_in_words(error: HandwritingError | OSError, said: str) -> None:
    """What is wrong, where, and what to do."""
    assert troubles.in_words(error) == said
