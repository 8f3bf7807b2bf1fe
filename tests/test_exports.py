"""The public names."""

import handwriting_ai


def test_exports_are_sorted_and_exist() -> None:
    """`__all__` is what the package offers."""
    assert handwriting_ai.__all__ == sorted(handwriting_ai.__all__)
    assert all(hasattr(handwriting_ai, name) for name in handwriting_ai.__all__)
