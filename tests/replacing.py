"""What `monkeypatch` is to a test, for a process of the tests, which need not load pytest for it."""


def replace(owner: object, name: str, stand_in: object) -> None:
    """Put something in the place of an attribute, until the process ends."""
    setattr(owner, name, stand_in)
