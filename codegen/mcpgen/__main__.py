"""`python -m mcpgen`."""

import sys

from mcpgen.cli import main

sys.exit(main())
