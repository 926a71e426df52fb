"""The servers of the field report: how they are installed and judged, and the table of what was found."""
