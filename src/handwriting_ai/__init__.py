"""Read handwritten digits, and see why they were read so."""
