"""The parts of a made photograph: sheet and pens, print, rim, light, camera."""
