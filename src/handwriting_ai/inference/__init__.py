"""Views, ensemble and engine: from `(1, 28, 28)` to a prediction."""
