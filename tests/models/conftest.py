"""The models of each revision, emitted and imported here, so that no stored file is trusted."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import pytest

from mcpgen.emit.models import emit_models
from mcpgen.ir.build import build_revision
from mcpgen.ir.model import Revision
from mcpgen.paths import schema_directory
from mcpgen.schema.room import SchemaRoom

ROOM = SchemaRoom(schema_directory())


@cache
def _revision(name: str) -> Revision:
    return build_revision(ROOM, name)


@cache
def _text(name: str) -> str:
    return emit_models(_revision(name))


@pytest.fixture(params=ROOM.revisions)
def revision(request: pytest.FixtureRequest) -> Revision:
    """The IR of each revision in turn."""
    return _revision(request.param)


@pytest.fixture
def schema(revision: Revision) -> dict[str, Any]:
    """The stored schema of the revision."""
    return ROOM.schema(revision.name)


@pytest.fixture
def text(revision: Revision) -> str:
    """The text of its models.py."""
    return _text(revision.name)


@pytest.fixture(scope="session")
def import_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Imports the text of a module."""
    directory = tmp_path_factory.mktemp("models")
    numbers = count()

    def load(text: str) -> Any:
        name = f"emitted_models_{next(numbers)}"
        path = directory / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Pydantic looks a class's annotations up in the module that `sys.modules` has under its name.
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def import_models(import_text: Callable[[str], Any]) -> Callable[[str], Any]:
    """Imports the emitted models.py of a revision, once a session."""
    return cache(lambda name: import_text(_text(name)))


@pytest.fixture
def models(revision: Revision, import_models: Callable[[str], Any]) -> Any:
    """The imported models.py of the revision."""
    return import_models(revision.name)
