"""Data sets on disk → arrays in memory."""
