"""Names that nothing has."""

import pytest

from handwriting_ai.architectures import build_model
from handwriting_ai.errors import UnknownArchitecture, UnknownRecipe
from handwriting_ai.support.names import did_you_mean
from handwriting_ai.training.recipes import get_recipe


def test_the_nearest_name_is_suggested() -> None:
    """None is where none is much like it."""
    assert did_you_mean("defalt", ["fast", "default"]) == " Did you mean 'default'?"
    assert did_you_mean("magic", ["fast", "default"]) == ""
    assert did_you_mean("x", []) == ""


def test_architectures_and_recipes_suggest_theirs() -> None:
    """Before all that there are."""
    with pytest.raises(UnknownArchitecture, match=r"'resnet81'\. Did you mean 'resnet18'\? Available: "):
        build_model("resnet81", 10)
    with pytest.raises(UnknownRecipe, match=r"'base_line'\. Did you mean 'baseline'\? Available: "):
        get_recipe("base_line")
