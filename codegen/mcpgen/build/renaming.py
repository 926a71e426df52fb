"""What WASI is called while componentize-py is at work, and how it has its own name back.

componentize-py makes a trap of every import that it knows as WASI's, also of the few that are meant to be
there. So these have another name meanwhile, one that is as long. It is in the component's memory as well, but
there a server may have it for its own reasons: nothing but names of imports and exports is changed back.
"""

from __future__ import annotations

from mcpgen.component.sections import MODULE, sections

REAL = b"wasi:"
STAND_IN = b"wasx:"

#: Sections of a core module in which names are.
_IMPORTS_OF_CORE, _EXPORTS_OF_CORE = 2, 7
#: Sections of a component that have sections themselves, and the one that says whatever somebody likes.
_CUSTOM, _CORE_MODULE, _COMPONENT = 0, 1, 4


def with_own_name(binary: bytes) -> bytes:
    """A component, or a module in it, whose imports and exports are WASI's again.

    https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
    Raises `Unreadable`.
    """
    parts = [binary[:8]]
    begin = 8
    for section in sections(binary):
        content = binary[section.start : section.end]
        if binary[4:8] == MODULE:
            if section.id in (_IMPORTS_OF_CORE, _EXPORTS_OF_CORE):
                content = content.replace(STAND_IN, REAL)
        elif section.id in (_CORE_MODULE, _COMPONENT):
            content = with_own_name(content)
        elif section.id != _CUSTOM:
            content = content.replace(STAND_IN, REAL)
        parts += (binary[begin : section.start], content)
        begin = section.end
    return b"".join(parts)
