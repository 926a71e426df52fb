"""How fast servers are: ours, its peers, and the least that a Python server could do."""
