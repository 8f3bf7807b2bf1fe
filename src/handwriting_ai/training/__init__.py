"""One run, from recipe and seed to a registered model."""
