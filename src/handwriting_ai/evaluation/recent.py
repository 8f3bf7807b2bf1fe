"""Values that cost something to make, kept while they are among those used last."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Keeps the values used last, so many of them; every method may be called from any thread."""

    def __init__(self, most: int) -> None:
        self._most, self._values, self._lock = most, OrderedDict[_Key, _Value](), threading.Lock()

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """What is kept under `key`, or else what `make` returns; what `make` raises is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
