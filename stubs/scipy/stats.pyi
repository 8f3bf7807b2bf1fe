"""The part of SciPy's statistics that the tests compare with; the package has no `py.typed`."""

class ConfidenceInterval:
    low: float
    high: float

class BinomTestResult:
    pvalue: float
    def proportion_ci(self, confidence_level: float, method: str) -> ConfidenceInterval: ...

def binomtest(k: int, n: int) -> BinomTestResult: ...
