"""Typed WIT: the protocol's types and methods as a WIT package, and converters for its Python bindings."""

from __future__ import annotations

import re

from mcpgen.emit.source import module
from mcpgen.emit.templates import render
from mcpgen.emit.wit.converters import converters_code
from mcpgen.emit.wit.forms import Package
from mcpgen.emit.wit.lowering import lower
from mcpgen.emit.wit.text import methods_text, outline, types_text
from mcpgen.ir.model import Revision


def emit_wit(revision: Revision) -> dict[str, str]:
    """The files of one revision, relative to its package: the folder `wit`, and the converters."""
    package = lower(revision)
    code = converters_code(package)
    checked = set(re.findall(r"\bfits\(check_(\w+),", code))
    return {
        "wit/types.wit": types_text(package),
        "wit/methods.wit": methods_text(package),
        "wit_values.py": render(
            "wit",
            "wit_values.py",
            revision=revision.name,
            package=package.name,
            checks=sorted(checked, key=lambda name: (name.lower(), name)),
            **module(code),
        ),
    }


def emit_wit_root() -> dict[str, str]:
    """The file that the converters of all revisions share."""
    return {"typed_wit.py": render("wit", "typed_wit.py")}


__all__ = ["Package", "emit_wit", "emit_wit_root", "lower", "outline"]
