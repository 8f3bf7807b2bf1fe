"""The dashboard in a hurry: `python -m tests.e2e.quick_app app …` is `handwriting-ai app …` but for what takes long.

A trial has few digits, its process is in a hurry as well, and the pace of training is not measured. Streamlit does not
take the place of this program, but runs within it.
"""

import os
import runpy
import sys
from functools import partial
from typing import Final

from tests.replacing import replace

from handwriting_ai.cli import main
from handwriting_ai.jobs import opening
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.training import estimate

_TRIAL_DIGITS: Final = 40
_CHILD: Final = (sys.executable, "-m", "tests.jobs.faulty_child", "none")


def _usual_pace() -> float:
    return 250.0


def _stay(_: str, command: list[str]) -> None:
    """Instead of `os.execv`: run the module that `python -m` would run."""
    sys.argv = command[2:]
    runpy.run_module(command[2], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    replace(estimate, "measure_pace", _usual_pace)
    from train import form  # the page keeps what measures the pace from its import on

    replace(form, "_TRIAL_DIGITS", _TRIAL_DIGITS)
    replace(opening, "LocalJobs", partial(LocalJobs, command=_CHILD))
    replace(os, "execv", _stay)
    main()
