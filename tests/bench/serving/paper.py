"""What the benchmarks print: tables of figures, and beside them what was to be reached."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass
class Paper:
    """Prints on `console`. As `markdown`, what was to be reached comes in one table at the end."""

    console: Console
    markdown: bool = False
    #: What measures again what a goal is about.
    recipe: str = "just bench --only"
    _goals: list[tuple[str, str, str, str]] = field(default_factory=list)

    def table(self, title: str, *columns: str) -> Table:
        """An empty table of figures; its first column says whose."""
        table = Table(title=title, title_justify="left")
        table.add_column("", min_width=28)
        for column in columns:
            table.add_column(column, justify="right")
        return table

    def print(self, table: Table) -> None:
        """Print a table."""
        if self.markdown:
            self.console.print(f"\n{table.title}\n", highlight=False)
            table.title, table.box = None, box.MARKDOWN
        self.console.print(table)

    def goals(self, title: str, command: str) -> Goals:
        """What was to be reached by what is measured with the recipe and that `command`."""
        return Goals(self, title, command)

    def take(self, goals: Goals) -> None:
        """Print goals, now or at the end."""
        if self.markdown:
            for what, wanted, reached in goals.rows:
                self._goals.append((f"{goals.title}: {what}", wanted, reached, goals.command))
            return
        table = self.table(f"targets, {goals.title}", "target", "reached")
        for row in goals.rows:
            table.add_row(*row)
        self.print(table)

    def close(self) -> None:
        """Print what was kept for the end."""
        if self._goals:
            table = self.table("targets", "target", "reached", f"`{self.recipe}`")
            for row in self._goals:
                table.add_row(*row)
            self.print(table)


@dataclass
class Goals:
    """Rows of what was to be reached, and what was."""

    paper: Paper
    title: str
    command: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add_row(self, what: str, wanted: str, reached: str) -> None:
        """One of them."""
        self.rows.append((what, wanted, reached))
