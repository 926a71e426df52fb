"""Benchmarks: run by hand (`just bench`), never by pytest, and they report without asserting.

A figure of one machine says little, so all contenders run in one process, by turns, and ratios are printed.
"""
