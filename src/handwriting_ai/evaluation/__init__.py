"""How good and how well calibrated a model is."""
