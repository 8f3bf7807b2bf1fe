"""Small helpers that every package may use: files, locks, randomness, units and the like."""
