"""The part of statsmodels' contingency tables that the tests compare with."""

from collections.abc import Sequence

class _Bunch:
    pvalue: float

def mcnemar(table: Sequence[Sequence[int]], exact: bool) -> _Bunch: ...
