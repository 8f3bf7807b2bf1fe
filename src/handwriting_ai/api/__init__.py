"""The HTTP API: the same engine and the same jobs as everywhere else, for programs."""
