"""The field report's servers: what they are, how they are installed and judged, and the table of what was found."""
