"""The models folder: read, verify, write, refuse."""
