import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from cotfactory.sql import database, literal, quoted

BAR = "select current_setting('enable_progress_bar')"


def test_no_bar_is_drawn_over_what_we_print_even_where_python_looks_interactive() -> None:
    code = f"from cotfactory.sql import database; print(database().sql({BAR!r}).fetchall())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[(False,)]\n"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_is_a_literal_and_any_name_an_identifier(text: str) -> None:
    (value,) = database().sql(f"select {literal(text)}").fetchall()
    assert value == (text,)
    assert database().sql(f"select 1 as {quoted(text)}").columns == [text]
