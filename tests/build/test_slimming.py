"""Code whose lines are left out can still be in a traceback: each record of an error is one."""

from __future__ import annotations

import re
import traceback
from typing import Any

import pytest

from mcpgen.build.inside.slimming import _without_lines

SOURCE = (
    "def outer():\n    return [inner(each) for each in (1, 2)]\n\n\ndef inner(each):\n    return each / 0\n"
)


@pytest.mark.parametrize("padding", range(9))
def test_traceback_goes_through_code_without_lines(padding: int) -> None:
    names: dict[str, Any] = {}
    source = SOURCE.replace("each / 0", "each / 0" + " + each" * padding)
    exec(_without_lines(compile(source, "slim.py", "exec")), names)
    with pytest.raises(ZeroDivisionError) as raised:
        names["outer"]()
    told = "".join(traceback.format_exception(raised.value))
    # Python 3.11.2, Debian's, has -1 where later ones have None.
    assert re.search(r'File "slim.py", line (None|-1), in inner', told)
    assert told.endswith("ZeroDivisionError: division by zero\n")
