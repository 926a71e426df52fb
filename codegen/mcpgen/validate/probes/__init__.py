"""Negative and other probes: what a server makes of questions that an ordinary client would not ask.

A module for each area lists its probes; `catalogue` has them all, in the order in which they are asked.
"""
