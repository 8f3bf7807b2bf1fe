"""How many threads a run has."""

import pytest

from handwriting_ai.support.sharing import fair_share


@pytest.mark.parametrize(("threads", "runs", "share"), [(8, 1, 8), (8, 3, 2), (2, 5, 1), (8, 0, 8)])
def test_each_run_has_its_share_of_the_threads(threads: int, runs: int, share: int) -> None:
    """Rounded down, one at least; a run that is not counted, as on a folder without locks, has all."""
    assert fair_share(threads, runs) == share
