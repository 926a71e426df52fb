"""The schema room: official schemas in, one normalised and corrected JSON Schema per revision out."""
