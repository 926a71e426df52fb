"""Looks for what breaks a server: sessions made up from its schemas, failures cut down, and replayed."""
