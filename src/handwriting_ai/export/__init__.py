"""An ensemble as one file that other programs run: views, members, temperatures and merging in one graph."""
