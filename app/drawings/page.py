"""Drawings that were saved with their label: browse, score, export, delete."""

from drawings import view

view.show()
