"""The forms in which a report can be written, but for the terminal's own."""
