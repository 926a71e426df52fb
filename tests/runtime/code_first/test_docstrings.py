"""What is read from docstrings of the three styles, and what stays in the description."""

from __future__ import annotations

import pytest

from mcpgen_runtime.code_first.docstrings import read_docstring

GOOGLE = """Finds books.

    It looks at titles only.

    Args:
        title (str): a part of the title,
            in any case
        limit: how many at most: 10

            or fewer

    Returns:
        the titles found

    Raises:
        ToolError: there are none

    Example:
        find("emma")
    """
NUMPY = """Finds books.

    It looks at titles only.

    Parameters
    ----------
    title : str
        a part of the title,
        in any case
    limit, most : int, optional
        how many at most: 10

        or fewer

    Returns
    -------
    list of str
        the titles found

    Raises
    ------
    ToolError
        there are none

    Example
    -------
    find("emma")
    """
SPHINX = """Finds books.

    It looks at titles only.

    :param str title: a part of the title,
        in any case
    :param limit: how many at most: 10

        or fewer
    :type limit: int
    :returns: the titles found
    :raises ToolError: there are none

    Example: find("emma")
    """


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_each_style_describes_parameters_and_the_result(text: str) -> None:
    read = read_docstring(text)
    assert read.parameters["title"] == "a part of the title, in any case"
    assert read.parameters["limit"] == "how many at most: 10\n\nor fewer"
    assert read.returns == "the titles found"


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_sections_for_programmers_leave_the_description_and_all_other_text_stays(text: str) -> None:
    description = read_docstring(text).description
    assert description.startswith("Finds books.\n\nIt looks at titles only.\n\nExample")
    assert 'find("emma")' in description
    assert "ToolError" not in description and "title" not in description.replace("titles", "")


def test_numpy_names_that_share_a_description_all_get_it() -> None:
    assert read_docstring(NUMPY).parameters["most"] == read_docstring(NUMPY).parameters["limit"]


@pytest.mark.parametrize("text", [None, "", "   \n  "])
def test_no_docstring_says_nothing(text: str | None) -> None:
    assert read_docstring(text) == ("", {}, "")


def test_a_colon_in_a_sentence_starts_no_section() -> None:
    text = "Adds:\n    two numbers\n\nNote: args: are not read here.\n:custom field: stays"
    assert read_docstring(text).description == text


def test_an_empty_section_is_no_trap() -> None:
    assert read_docstring("Adds.\n\nArgs:\n\nReturns:") == ("Adds.", {}, "")
