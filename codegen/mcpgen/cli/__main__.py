"""`python -m mcpgen.cli`: the same as the `mcpgen` script."""

import sys

from mcpgen.cli import main

sys.exit(main())
