"""The one data set that this project downloads."""

class EMNIST:
    def __init__(self, root: str, split: str, *, download: bool = False) -> None: ...
