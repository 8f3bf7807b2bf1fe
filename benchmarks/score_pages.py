"""Server time of the pages of scores: `python benchmarks/score_pages.py`.

Ensemble with 10 models whose answers are made up: from a change of members, views or temperature to the whole page made
anew (goal 200 ms). Compare with 50: from the click in the navigation (goal 1 s). Medians, without a browser.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "app"))

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Slider
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.config import PROJECT_ROOT

_ROUNDS: Final = 7
_LIMIT_S: Final = 120


def opened(models: int, root: Path) -> AppTest:
    """The dashboard on so many models, its first page shown."""
    for number in range(models):
        register_with_predictions(root / "models", f"m{number:02}", errors=15 + number, seed=number % 10)
    os.environ |= {"DIGITS__MODEL_DIR": str(root / "models"), "APP__DATA_ROOT": str(root)}
    page = AppTest(str(PROJECT_ROOT / "app" / "main.py"), default_timeout=_LIMIT_S)
    return page.run()


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def ensemble(root: Path) -> None:
    """Print the time of each kind of change."""
    page = opened(10, root)
    page.switch_page("app_pages/ensemble.py").run()
    times: dict[str, list[float]] = {"members": [], "views": [], "temperature": []}
    scale: ButtonGroup[str] = page.button_group(key="ensemble_scale")
    scale.set_value("Slider").run()
    for number in range(_ROUNDS):
        members: ButtonGroup[list[str]] = page.button_group(key="ensemble_members")
        members.set_value([f"m{index:02}" for index in range(10) if index != number])
        times["members"].append(timed_ms(page.run))
        views: ButtonGroup[str] = page.button_group(key="ensemble_tta")
        views.set_value(("basic", "advanced")[number % 2])
        times["views"].append(timed_ms(page.run))
        slider: Slider[float] = page.slider(key="ensemble_slider")
        slider.set_value(0.5 + number / 10)
        times["temperature"].append(timed_ms(page.run))
    for name, measured in times.items():
        print(f"Ensemble, 10 models, another choice of {name}: {statistics.median(measured):.0f} ms (goal 200 ms)")


def compare(root: Path) -> None:
    """Print the time to open the page."""
    page = opened(50, root)
    times: list[float] = []
    for _ in range(_ROUNDS):
        page.switch_page("app_pages/draw.py").run()
        page.switch_page("app_pages/compare.py")
        times.append(timed_ms(page.run))
    print(
        f"Compare, 50 models: opened first in {times[0]:.0f} ms, then in {statistics.median(times):.0f} ms (goal 1 s)"
    )


def main() -> None:
    """Measure the page that is named, in a process of its own: the dashboard's caches are the process's."""
    with tempfile.TemporaryDirectory() as folder:
        for page in (ensemble, compare):
            root = Path(folder) / page.__name__
            root.mkdir()
            if os.fork() == 0:
                page(root)
                sys.stdout.flush()
                os._exit(0)
            os.wait()


if __name__ == "__main__":
    main()
