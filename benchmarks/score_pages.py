"""Server time of the pages of scores: `python benchmarks/score_pages.py`.

Ensemble with 10 models whose answers are made up: from a change of members, views or temperature to the whole page made
anew (goal 200 ms), without a drawing and with one that is read as well; and to choose the fitted temperature, first and
again. Compare with 50: from the click in the navigation (goal 1 s). Medians, without a browser. Exits with 1 if a page
failed.
"""

import multiprocessing
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
from tests.app.test_draw_page import put_on_canvas
from tests.evaluation.samples import register_with_predictions

from handwriting_ai.config import PROJECT_ROOT

_ROUNDS: Final = 7
_LIMIT_S: Final = 120


def made(models: int, root: Path) -> None:
    """Register so many models, for the dashboard to read from."""
    for number in range(models):
        register_with_predictions(root / "models", f"m{number:02}", errors=15 + number, seed=number % 10)
    os.environ |= {"DIGITS__MODEL_DIR": str(root / "models"), "APP__DATA_ROOT": str(root)}


def opened() -> AppTest:
    """The dashboard in a session of its own, its first page shown."""
    page = AppTest(str(PROJECT_ROOT / "app" / "main.py"), default_timeout=_LIMIT_S)
    return page.run()


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def ensemble(root: Path) -> None:
    """Print the time of each kind of change, without a drawing and with one."""
    made(10, root)
    for drawing in ("no drawing", "with a drawing"):
        page = opened()
        if drawing == "with a drawing":
            put_on_canvas(page, 7)
            page.run()
        page.switch_page("ensemble/page.py").run()
        scale: ButtonGroup[str] = page.button_group(key="ensemble_scale")
        scale.set_value("Slider").run()
        report_changes(page, drawing)
        assert any("Confidence" in each.value for each in page.markdown) == (drawing == "with a drawing")
    report_fit(page)


def report_changes(page: AppTest, drawing: str) -> None:
    """Print the median time of another choice of members, views and temperature."""
    times: dict[str, list[float]] = {"members": [], "views": [], "temperature": []}
    for number in range(_ROUNDS):
        members: ButtonGroup[list[str]] = page.button_group(key="ensemble_members")
        members.set_value([f"m{index:02}" for index in range(10) if index != number])
        times["members"].append(run_ms(page))
        views: ButtonGroup[str] = page.button_group(key="ensemble_tta")
        views.set_value(("basic", "advanced")[number % 2])
        times["views"].append(run_ms(page))
        slider: Slider[float] = page.slider(key="ensemble_slider")
        slider.set_value(0.5 + number / 10)
        times["temperature"].append(run_ms(page))
    for name, measured in times.items():
        middle = statistics.median(measured)
        print(f"Ensemble, 10 models, {drawing}, another choice of {name}: {middle:.0f} ms (goal 200 ms)")


def report_fit(page: AppTest) -> None:
    """Print the time to choose the fitted temperature, first and again, of four models and of ten in 17 views."""
    views: ButtonGroup[str] = page.button_group(key="ensemble_tta")
    views.set_value("advanced")
    for count in (4, 10):
        members: ButtonGroup[list[str]] = page.button_group(key="ensemble_members")
        members.set_value([f"m{index:02}" for index in range(count)])
        page.run()
        times: list[float] = []
        for _ in range(2):
            for kind in ("Fitted to this choice", "Slider"):
                scale: ButtonGroup[str] = page.button_group(key="ensemble_scale")
                scale.set_value(kind)
                times.append(run_ms(page))
        print(f"Ensemble, temperature fitted to {count} models: {times[0]:.0f} ms first, {times[2]:.0f} ms again")


def run_ms(page: AppTest) -> float:
    """Milliseconds to make the page anew, which must succeed."""
    passed_ms = timed_ms(page.run)
    assert not page.exception, page.exception[0].message
    assert not page.error, page.error[0].value
    return passed_ms


def compare(root: Path) -> None:
    """Print the time to open the page."""
    made(50, root)
    page = opened()
    times: list[float] = []
    for _ in range(_ROUNDS):
        page.switch_page("draw/page.py").run()
        page.switch_page("compare/page.py")
        times.append(run_ms(page))
    print(
        f"Compare, 50 models: opened first in {times[0]:.0f} ms, then in {statistics.median(times):.0f} ms (goal 1 s)"
    )


def measured(page: Callable[[Path], None]) -> bool:
    """Measure a page in a process of its own, as the dashboard's caches are the process's; True if that succeeded."""
    with tempfile.TemporaryDirectory() as folder:
        child = multiprocessing.get_context("fork").Process(target=page, args=(Path(folder),))
        child.start()
        child.join()
    return child.exitcode == 0


if __name__ == "__main__":
    succeeded = [measured(page) for page in (ensemble, compare)]
    sys.exit(0 if all(succeeded) else 1)
