"""Training runs as jobs: queued, run in a process of their own, watched, cancelled and resumed."""
