"""A server whose frozen definition is up to date starts without pydantic; one that is stale says so."""

from __future__ import annotations

import json
from typing import Any

IMPORT = "import shop\n"


def test_up_to_date_server_starts_and_answers_where_importing_pydantic_is_an_error(exported: Any) -> None:
    run = exported.bare(exported.without_pydantic + IMPORT + exported.calling)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    said = json.loads(run.stdout)
    assert said["ordered"] == [{"name": "hat", "colour": "blue", "tags": []}]
    assert said["echoed"] == "hello"
    assert "/arguments/by: expected a date" in said["refused"]
    assert json.loads(said["read"]) == {"name": "hat", "colour": "red", "tags": []}
    assert said["pydantic"] is False


def test_up_to_date_server_does_not_import_pydantic_where_it_is_installed(exported: Any) -> None:
    run = exported.whole(IMPORT + exported.calling)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["pydantic"] is False


def test_frozen_and_derived_server_answer_alike(shop: Any) -> None:
    derived = shop.whole(IMPORT + shop.calling)
    assert derived.returncode == 0, derived.stderr
    assert shop.export().returncode == 0
    frozen = shop.bare(IMPORT + shop.calling)
    said, expected = json.loads(frozen.stdout), json.loads(derived.stdout)
    assert expected.pop("pydantic") is True and said.pop("pydantic") is False
    assert said == expected


def test_without_pydantic_and_without_frozen_codecs_it_is_told_what_to_do(shop: Any) -> None:
    run = shop.bare(shop.without_pydantic + IMPORT)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert "DefinitionError" in last and "shop.py:30: order: to derive its schema takes pydantic" in last
    assert "mcpgen[pydantic]" in last and "mcpgen export" in last


def test_stale_server_derives_anew_and_answers_by_its_new_signature(exported: Any) -> None:
    exported.edit("= 1,", "= 2,")
    run = exported.whole(IMPORT + exported.calling)
    assert len(json.loads(run.stdout)["ordered"]) == 2
    assert "shop: what is frozen of the tool 'order' is stale" in run.stderr and "export" in run.stderr
    assert "'echo'" not in run.stderr


def test_stale_server_without_pydantic_is_refused_with_the_reason(exported: Any) -> None:
    exported.edit("= 1,", "= 2,")
    run = exported.bare(exported.without_pydantic + IMPORT)
    assert run.returncode == 1
    assert "order: what is frozen of it is stale, and to derive its schema anew takes pydantic" in run.stderr


def test_server_loaded_by_its_file_or_run_as_a_script_finds_what_is_frozen(exported: Any) -> None:
    loaded = "from mcpgen.serving.target import load_target; import sys; load_target('shop.py:server')"
    run = exported.whole(f"import sys; sys.modules['shop'] = sys; {loaded}; print('pydantic' in sys.modules)")
    assert run.stdout == "False\n", run.stderr
    exported.module.write_text(
        exported.module.read_text() + "\nimport sys; print('pydantic' in sys.modules)\n"
    )
    run = exported.alone()
    assert run.stdout == "False\n", run.stderr


def test_package_finds_what_is_frozen_inside_of_it(exported: Any) -> None:
    package = exported.directory / "market"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "inner/__init__.py").write_text(exported.module.read_text())
    run = exported.export(target="market.inner:server")
    assert run.returncode == 0, run.stderr
    assert (package / "inner/_frozen_inner.py").is_file()
    run = exported.bare(exported.without_pydantic + "import market.inner as shop\n" + exported.calling)
    assert run.returncode == 0, run.stderr


def test_frozen_module_of_another_format_is_not_used(exported: Any) -> None:
    frozen = exported.directory / "_frozen_shop.py"
    frozen.write_text(frozen.read_text().replace("import Frozen", "import FromLater as Frozen"))
    run = exported.whole(IMPORT)
    assert run.returncode == 0, run.stderr
    assert "_frozen_shop cannot be used" in run.stderr
