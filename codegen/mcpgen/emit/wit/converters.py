"""The converters of one revision: from JSON values to values of componentize-py's bindings, and back."""

from __future__ import annotations

from collections.abc import Iterator

from mcpgen.emit.source import Source, equals
from mcpgen.emit.wit.forms import (
    Alias,
    Boolean,
    Case,
    Choice,
    Declaration,
    Enumeration,
    Form,
    Integer,
    Json,
    Many,
    Maybe,
    Named,
    Number,
    Package,
    Record,
    RecordField,
    Table,
    Text,
    Variant,
)
from mcpgen.emit.wit.names import attribute_name, class_name, constant_name

#: The Python class of the JSON values that are no objects, by the case's form.
_KINDS: dict[type, str] = {Boolean: "bool", Text: "str", Many: "list"}


def converters_code(package: Package) -> str:
    """The functions `to_wit_X` and `from_wit_X` for every declaration X, and their tables."""
    writer = _Writer(package)
    for declaration in package.declarations:
        writer.declaration(declaration)
    writer.tables(package)
    return writer.source.text()


class _Writer:
    def __init__(self, package: Package) -> None:
        self.source = Source()
        self.declarations = {each.identifier: each for each in package.declarations}

    def declaration(self, declaration: Declaration) -> None:
        match declaration:
            case Record():
                self.record(declaration)
            case Variant():
                self.variant(declaration)
            case Enumeration():
                self.enumeration(declaration)
            case Alias():
                self.alias(declaration)

    def tables(self, package: Package) -> None:
        line, block = self.source.line, self.source.block
        for declaration in package.declarations:
            if isinstance(declaration, Variant):
                self.cases(declaration)
        line("#: Every type that the protocol has a name for.")
        with block("TYPES: dict[str, TypedValue] = {"):
            for declared in package.declarations:
                if declared.identifier in package.own:
                    pair = f"to_wit_{declared.identifier}, from_wit_{declared.identifier}"
                    line(f"{declared.identifier!r}: TypedValue({declared.name!r}, {pair}),")
        line("}")
        line()
        line("#: Every function of the interfaces `server` and `client`.")
        with block("METHODS: tuple[TypedMethod, ...] = ("):
            for side, functions in (("server", package.server), ("client", package.client)):
                for each in functions:
                    name = attribute_name(each.name)
                    types = f"{_entry(each.params)}, {_entry(each.result)}"
                    line(f"TypedMethod({side!r}, {each.method.name!r}, {name!r}, {types}),")
        line(")")

    # Records.

    def record(self, record: Record) -> None:
        line, block = self.source.line, self.source.block
        keys = frozenset(field.key for field in record.fields)
        line(f"_KEYS_{record.identifier} = frozenset({{{', '.join(map(repr, sorted(keys)))}}})")
        numbers = [field for field in record.written if self.number(field.form)]
        if numbers:
            with block(f"_NUMBERS_{record.identifier}: dict[str, tuple[Exact, Nearest | None]] = {{"):
                for field in numbers:
                    exact = self.number(field.form)
                    line(f"{field.key!r}: ({exact}, {f'nearest_{exact}' if field.required else None}),")
            line("}")
        line()
        with block(f"def to_wit_{record.identifier}(value: Any, wit: Any) -> Any:"):
            if numbers:
                with block("try:"):
                    self.construction(record)
                with block("except UnfitNumber:"):
                    passed = f"to_wit_{record.identifier}, _NUMBERS_{record.identifier}"
                    line(f"return with_exact_numbers(value, wit, {passed})")
            else:
                self.construction(record)
        line()
        with block(f"def from_wit_{record.identifier}(value: Any) -> dict[str, Any]:"):
            line("result = {} if value.extra is None else object_value(value.extra)")
            for field in record.fields:
                self.field_from_wit(field)
            line("return result")
        line()

    def construction(self, record: Record) -> None:
        line = self.source.line
        with self.source.block(f"return wit.{class_name(record.name)}("):
            for field in record.written:
                line(f"{self.field_to_wit(field)},")
            line(f"None if value.keys() <= _KEYS_{record.identifier}")
            line(f"else other_keys(value, _KEYS_{record.identifier}),")
        line(")")

    def field_to_wit(self, field: RecordField) -> str:
        key = repr(field.key)
        if field.required:
            return self.to_wit(field.form, f"value[{key}]")
        if self.may_be_null(field.form):
            found = self.to_wit(field.form, f"value[{key}]")
            if self.is_option(field.form):
                found = f"wit.Some({found})"
            return f"{found} if {key} in value else None"
        if self.passes_to_wit(field.form):
            return f"value.get({key})"
        return f"None if (found := value.get({key})) is None else {self.to_wit(field.form, 'found')}"

    def field_from_wit(self, field: RecordField) -> None:
        line, block = self.source.line, self.source.block
        place, value = f"result[{field.key!r}]", f"value.{attribute_name(field.name)}"
        if field.fixed:
            line(f"{place} = {field.constant!r}")
        elif field.required and self.number(field.form):
            line(f"result.setdefault({field.key!r}, {self.from_wit(field.form, value)})")
        elif field.required:
            line(f"{place} = {self.from_wit(field.form, value)}")
        else:
            with block(f"if (found := {value}) is not None:"):
                inner = "found.value" if self.is_option(field.form) else "found"
                line(f"{place} = {self.from_wit(field.form, inner)}")

    # Variants.

    def variant(self, variant: Variant) -> None:
        line, block = self.source.line, self.source.block
        objects = [case for case in variant.cases if case.source is not None]
        others = [case for case in variant.cases if case.source is None]
        with block(f"def to_wit_{variant.identifier}(value: Any, wit: Any) -> Any:"):
            for case in others:
                kind = _KINDS.get(type(self.plain(case.form)))
                if kind is not None:
                    with block(f"if value.__class__ is {kind}:"):
                        line(f"return {self.case(variant, case)}")
            self.numbers(variant, others)
            if objects:
                self.objects(variant, {case.source or "": case for case in objects})
            for case in others[:-1] if any(self.number(case.form) for case in others) else others:
                if type(self.plain(case.form)) not in _KINDS and not self.number(case.form):
                    # An object, where no type was the value's, or one of a few strings.
                    kind = "str" if isinstance(self.plain(case.form), Named) else "dict"
                    with block(f"if value.__class__ is {kind}:"):
                        line(f"return {self.case(variant, case)}")
            line(f"raise Unfit({variant.name!r}, value)")
        line()
        with block(f"def from_wit_{variant.identifier}(value: Any) -> Any:"):
            line(f"return _CASES_{variant.identifier}[value.__class__.__name__](value.value)")
        line()

    def cases(self, variant: Variant) -> None:
        """The table that comes after all functions: by what the bindings call the class, what reads it."""
        line, block = self.source.line, self.source.block
        with block(f"_CASES_{variant.identifier}: dict[str, Callable[[Any], Any]] = {{"):
            for case in variant.cases:
                line(f"{self.case_class(variant, case)!r}: {self.reader(case.form)},")
        line("}")
        line()

    def numbers(self, variant: Variant, others: list[Case]) -> None:
        """5.0 is an integer, and 5 a number where the variant has no integers."""
        line, block = self.source.line, self.source.block
        cases = {type(self.plain(case.form)): case for case in others if self.number(case.form)}
        for kind, form, instead in (("int", Integer, Number), ("float", Number, Integer)):
            if cases:
                with block(f"if value.__class__ is {kind}:"):
                    with block("try:"):
                        line(f"return {self.case(variant, cases.get(form) or cases[instead])}")
                    with block("except UnfitNumber:"):
                        line(f"return {self.case(variant, others[-1])}")

    def objects(self, variant: Variant, cases: dict[str, Case]) -> None:
        line, block = self.source.line, self.source.block
        with block("if value.__class__ is dict:"):
            if variant.tag is not None:
                line(f"tag = value.get({variant.tag!r})")
            for choice in variant.choices:
                if variant.tag is None:
                    self.choice(variant, choice, cases)
                else:
                    test = equals("tag", choice.tag) if choice.tag else "tag is None"
                    with block(f"if {test}:"):
                        self.choice(variant, choice, cases)

    def choice(self, variant: Variant, choice: Choice, cases: dict[str, Case]) -> None:
        """The first of the candidates that accepts the value; the last one is not asked."""
        line, block = self.source.line, self.source.block
        *before, (last, _) = choice.candidates
        for name, keys in before:
            tests = [f"{key!r} in value" for key in keys]
            with block(f"if {' and '.join([*tests, f'fits(check_{name}, value)'])}:"):
                line(f"return {self.case(variant, cases[name])}")
        line(f"return {self.case(variant, cases[last])}")

    def case(self, variant: Variant, case: Case) -> str:
        return f"wit.{self.case_class(variant, case)}({self.to_wit(case.form, 'value')})"

    def case_class(self, variant: Variant, case: Case) -> str:
        return f"{class_name(variant.name)}_{class_name(case.name)}"

    def reader(self, form: Form) -> str:
        """A function of one argument that makes JSON of a case's payload."""
        match form:
            case Named(identifier):
                return f"from_wit_{identifier}"
            case _ if self.passes_from_wit(form):
                return "same"
            case _:
                return f"lambda value: {self.from_wit(form, 'value')}"

    # Others.

    def enumeration(self, enumeration: Enumeration) -> None:
        line, block = self.source.line, self.source.block
        identifier = enumeration.identifier
        names = {value: constant_name(name) for value, name in enumeration.values}
        line(f"_NAMES_{identifier} = {names!r}")
        line(f"_VALUES_{identifier} = {tuple(names)!r}")
        line()
        with block(f"def to_wit_{identifier}(value: Any, wit: Any) -> Any:"):
            line(f"return wit.{class_name(enumeration.name)}[_NAMES_{identifier}[value]]")
        line()
        with block(f"def from_wit_{identifier}(value: Any) -> Any:"):
            line(f"return _VALUES_{identifier}[value.value]")
        line()

    def alias(self, alias: Alias) -> None:
        line, block = self.source.line, self.source.block
        with block(f"def to_wit_{alias.identifier}(value: Any, wit: Any) -> Any:"):
            line(f"return {self.to_wit(alias.form, 'value')}")
        line()
        with block(f"def from_wit_{alias.identifier}(value: Any) -> Any:"):
            line(f"return {self.from_wit(alias.form, 'value')}")
        line()

    # Forms.

    def to_wit(self, form: Form, value: str) -> str:
        """An expression that makes what the bindings have of the JSON `value`."""
        match form:
            case Json():
                return f"json_text({value})"
            case Text():
                return f"text({value})"
            case Boolean():
                return value
            case Integer(signed):
                return f"{'signed' if signed else 'unsigned'}({value})"
            case Number():
                return f"number({value})"
            case Many(item):
                if self.passes_to_wit(item):
                    return value
                return f"[{self.to_wit(item, 'item')} for item in {value}]"
            case Table(inner):
                return f"[(text(key), {self.to_wit(inner, 'item')}) for key, item in {value}.items()]"
            case Maybe(inner):
                found = self.to_wit(inner, value)
                return f"(None if {value} is None else {found})"
            case Named(identifier):
                return f"to_wit_{identifier}({value}, wit)"

    def from_wit(self, form: Form, value: str) -> str:
        """An expression that makes JSON of the bindings' `value`."""
        if self.passes_from_wit(form):
            return value
        match form:
            case Json(object):
                return f"{'object' if object else 'json'}_value({value})"
            case Number():
                return f"from_number({value})"
            case Many(item):
                return f"[{self.from_wit(item, 'item')} for item in {value}]"
            case Table(inner) if self.passes_from_wit(inner):
                return f"dict({value})"
            case Table(inner):
                return f"{{key: {self.from_wit(inner, 'item')} for key, item in {value}}}"
            case Maybe(inner):
                return f"(None if {value} is None else {self.from_wit(inner, value)})"
            case Named(identifier):
                return f"from_wit_{identifier}({value})"
            case _:
                return value

    def plain(self, form: Form) -> Form:
        """`form` with aliases followed."""
        while isinstance(form, Named) and isinstance(named := self.declarations[form.identifier], Alias):
            form = named.form
        return form

    def number(self, form: Form) -> str | None:
        """The function that takes only the numbers that fit `form`; None where that is no number."""
        plain = self.plain(form)
        match self.plain(plain.inner) if isinstance(plain, Maybe) else plain:
            case Integer(signed):
                return "signed" if signed else "unsigned"
            case Number():
                return "number"
            case _:
                return None

    def is_option(self, form: Form) -> bool:
        return isinstance(self.plain(form), Maybe)

    def may_be_null(self, form: Form) -> bool:
        """Whether null is more than the absence of such a value."""
        plain = self.plain(form)
        return self.is_option(form) or (isinstance(plain, Json) and not plain.object)

    def passes_to_wit(self, form: Form) -> bool:
        return isinstance(form, Boolean)

    def passes_from_wit(self, form: Form) -> bool:
        return isinstance(form, Boolean | Integer | Text) or (
            isinstance(form, Many | Maybe) and self.passes_from_wit(next(_inside(form)))
        )


def _entry(identifier: str | None) -> str:
    return "None" if identifier is None else f"TYPES[{identifier!r}]"


def _inside(form: Many | Maybe) -> Iterator[Form]:
    yield form.item if isinstance(form, Many) else form.inner
