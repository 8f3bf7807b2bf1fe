"""A person who trains, in real Chromium."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime
from tests.browser import draw, plain_environment, running_dashboard, visit, wait_until_idle
from tests.digit_strokes import DIGIT_STROKES
from tests.jobs.hurry import ENDLESS_RUN
from tests.jobs.samples import MNIST

from handwriting_ai.config import PROJECT_ROOT
from handwriting_ai.errors import JobConflict
from handwriting_ai.jobs.local import LocalJobs
from handwriting_ai.registry.store import ModelStore

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]  # a run may wait a while for its share of a busy machine
_TRIES = 5
_ROW_PX = 35
"""The height of a table's row, and of its header."""
_MODEL = "mnist_compact_baseline_seed0_trial40"
expect.set_options(timeout=180_000)


@pytest.fixture()
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """The Train page of a dashboard in a hurry, with an empty models folder."""
    environment = plain_environment() | {"DIGITS__MODEL_DIR": str(tmp_path / "models")}
    paths = [str(PROJECT_ROOT), str(PROJECT_ROOT / "app"), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    with (
        running_dashboard(tmp_path, environment, module="tests.e2e.quick_app") as address,
        visit(chromium, f"{address}/train") as opened,
    ):
        yield opened
    jobs = LocalJobs(tmp_path / "runs", ModelStore(tmp_path / "models"), MNIST)
    for job in jobs.store.all().jobs:  # runs outlive their server
        with suppress(JobConflict):  # it has ended meanwhile
            jobs.cancel(job.job_id)
            jobs.wait_until_ended(job.job_id, 10)


def _start_trial(page: Page, *, epochs: int, seed: int = 0) -> None:
    """Fill the form and press the button."""
    start = _open_form(page).get_by_role("button", name="Start")
    expect(start).to_be_visible()
    option = page.get_by_role("option", name="baseline")
    for _ in range(_TRIES):  # the list closes when the page is drawn anew just then, as when a run begins or ends
        wait_until_idle(page)
        page.get_by_role("combobox", name="Recipe").click()
        with suppress(NotInTime):
            option.click(timeout=5_000)
            break
    expect(page.get_by_text("the plain recipe to compare others with")).to_be_visible()
    wait_until_idle(page)  # until then the former recipe's epochs stand alone, and then beside its own
    expect(page.get_by_label("Epochs", exact=True)).to_have_count(1)
    _fill(page, "Epochs", epochs)
    _fill(page, "First seed", seed)
    if not page.get_by_role("switch", name="Quick trial").is_checked():
        page.get_by_text("Quick trial").click()
    wait_until_idle(page)
    start.click()


def _open_form(page: Page) -> Locator:
    """Returns it; it stands open where there are no runs; a click would then close it."""
    form = page.locator('[data-testid="stExpander"] details', has_text="New run")
    wait_until_idle(page)
    expect(form).to_have_count(1)
    if form.get_attribute("open") is None:
        form.get_by_text("New run", exact=True).click()
    return form


def _fill(page: Page, label: str, value: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    expect(field).to_have_value(str(value))
    wait_until_idle(page)


def _select_row(page: Page, row: int) -> None:
    """Tick a row of the table of runs; what ticks it is drawn on a canvas."""
    table = page.locator('[data-testid="stDataFrame"]')
    wait_until_idle(page)
    expect(table).to_have_count(1)  # a table of other runs stands beside its successor for a moment
    table.click(position={"x": _ROW_PX / 2, "y": _ROW_PX * (row + 1.5)})


def _at_work(after: int = 0) -> "re.Pattern[str]":
    """What the page says of an endless run in a later epoch than that, one of the first nine."""
    return re.compile(f"^Epoch ([{after + 1}-9]|[1-9][0-9]+) of {ENDLESS_RUN}")


def test_a_run_is_started_watched_and_found_again(page: Page) -> None:
    """Its numbers and curves move, also after another page, for another person, and after a reload."""
    _start_trial(page, epochs=ENDLESS_RUN)
    accuracy = page.locator('[data-testid="stMetric"]:has-text("Validation accuracy")')
    expect(accuracy).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(2)
    expect(page.get_by_text(_at_work(after=1))).to_be_visible()
    page.get_by_role("link", name="Saved drawings").click()
    expect(page.get_by_text("Nothing saved yet")).to_be_visible()
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_text(_at_work(after=2))).to_be_visible()
    second = page.context.browser
    assert second is not None
    visitor = second.new_page()
    visitor.goto(page.url)
    expect(visitor.get_by_text(_at_work())).to_be_visible()
    visitor.close()
    page.reload()
    expect(page.get_by_text(_at_work())).to_be_visible()


def test_a_run_leads_to_a_model(page: Page, tmp_path: Path) -> None:
    """Which one compares, and draws with, at one click each."""
    _start_trial(page, epochs=1)
    expect(page.get_by_text("Saved as")).to_be_visible()
    expect(page.get_by_text("Completed after 1 of 1 epoch")).to_be_visible()
    assert ModelStore(tmp_path / "models").model_ids() == (_MODEL,)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_text(_MODEL).first).to_be_attached()
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Draw with this model").click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    draw(page, DIGIT_STROKES[7])
    expect(page.get_by_text("1 model of your choice").first).to_be_visible()


def test_a_run_is_cancelled_while_another_waits(page: Page) -> None:
    """The next in the queue then has its turn, and can be deleted; what asks about that does not stay for the other."""
    _start_trial(page, epochs=ENDLESS_RUN)
    expect(page.get_by_text(_at_work())).to_be_visible()
    _start_trial(page, epochs=1, seed=1)
    expect(page.get_by_text("Queued after 0 of 1 epoch")).to_be_visible()
    _select_row(page, 1)  # below the newer one
    expect(page.get_by_text(_at_work())).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled after")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_enabled()
    _select_row(page, 0)
    expect(page.get_by_text("Completed after 1 of 1 epoch")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    wait_until_idle(page)  # the end of a run draws the whole page anew, and a question opened before would be closed
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete this run").click()
    expect(page.get_by_text("Cancelled after")).to_be_visible()
    expect(page.get_by_role("button", name="Delete this run")).to_have_count(0)
