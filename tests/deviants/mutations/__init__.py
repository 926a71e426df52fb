"""The mutations, by area, as the rules are: importing this fills the table.

To add one, write a function in the module of its area; the decorators are explained in `deviating`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

for _module in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"{__name__}.{_module.stem}")
