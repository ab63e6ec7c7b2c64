"""The data dictionary says what the library reads."""

from pathlib import Path

import pytest

from pse_opt.about import About
from pse_opt.dictionary import DOCUMENT, data_dictionary, write_data_dictionary
from pse_opt.tables import TABLES

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"


def test_the_page_in_the_documentation_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), (
        "the page is out of date; write it again with "
        'python -c "from pse_opt import dictionary as d; '
        "d.write_data_dictionary('docs/data-dictionary.md')\""
    )


def test_every_key_of_the_document_is_explained_and_no_other():
    assert set(DOCUMENT) == set(About.keys())


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_has_a_section_with_a_row_for_each_column(table):
    section = data_dictionary().split(f"\n### {table.name}\n")[1].split("\n### ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [c.name for c in table.columns]
    assert all(row.count(" | ") == 5 for row in rows)
    for column, row in zip(table.columns, rows, strict=True):
        assert row.split(" | ")[1] == ("yes" if column.required else "")
        assert column.description in row


def test_the_page_is_written_whole(tmp_path):
    write_data_dictionary(tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == data_dictionary()
