"""What makes the training processes of tests quick; all else they do as ever."""

import sys
from types import ModuleType
from typing import TypeVar

import pytest

from handwriting_ai.data import split

VALIDATION_DIGITS = 200
_Function = TypeVar("_Function")


class _NoCompiler(ModuleType):
    """Stands in for `torch._dynamo`."""

    @staticmethod
    def disable(function: _Function, *_: object, **__: object) -> _Function:
        """Nothing compiles the function anyway."""
        return function

    @staticmethod
    def graph_break() -> None:
        """There is no graph."""


def hurry() -> None:
    """Validate on few digits, and leave torch's compiler alone, which nothing here uses.

    A model is registered with its accuracy on 5,000 digits, which takes longer than all else in a tiny run. And torch's
    optimizers load the compiler, two seconds of Python, only to tell it that they are not to be compiled.
    """
    pytest.MonkeyPatch().setattr(split, "VALIDATION_COUNT", VALIDATION_DIGITS)
    sys.modules["torch._dynamo"] = _NoCompiler("torch._dynamo")
