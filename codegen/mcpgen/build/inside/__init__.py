"""What runs in the component's own Python while the component is made, and decides what is in its memory.

Staged under the name `mcpgen_inside`, these modules import nothing of mcpgen, and little of the standard
library. A component is a snapshot: whatever is in memory when its main module has been imported, is part of
the file. So what is imported is compiled small (`slimming`), what no plain call needs is put off
(`postponing`) and packed (`packing`), and what was freed is overwritten (`wiping`).
"""

from __future__ import annotations

__all__: list[str] = []
