"""A picture in, a reading out."""
