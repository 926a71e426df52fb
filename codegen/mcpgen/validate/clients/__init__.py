"""Clients judged: the rules that bind them held against what one writes, and a scripted server to ask it."""
