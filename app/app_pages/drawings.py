"""Drawings that were saved with their label: browse, score, export, delete."""

import drawings_view

drawings_view.show()
