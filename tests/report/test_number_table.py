from hypothesis import given
from hypothesis import strategies as st

from nasattn.report.ink import plain
from nasattn.report.table import Row, Table

words = st.lists(st.text("abcdefg", min_size=1, max_size=12), max_size=12).map(" ".join)
rows = st.lists(
    st.builds(
        Row,
        st.tuples(st.integers(0, 10**9).map(str), st.floats(0, 100).map("{:.2f}".format)),
        words,
        st.sampled_from(["", "bold green"]),
    ),
    max_size=4,
)
widths = st.none() | st.integers(40, 200)


def table(found: list[Row]) -> Table:
    return Table(("<name", "accuracy"), "words", tuple(found))


@given(rows, widths)
def test_nothing_is_cut_and_numbers_stay_whole(found: list[Row], width: int | None) -> None:
    lines = [plain(line) for line in table(found).lines(width)]
    text = " ".join(lines)
    for row in found:
        assert all(cell in text.split() for cell in row.cells)
    body = " ".join(lines[2:]).split()
    assert sorted(body) == sorted(
        part for row in found for part in (*row.cells, *row.words.split())
    )


@given(rows, st.integers(40, 200))
def test_no_line_is_wider_than_the_page(found: list[Row], width: int) -> None:
    assert all(len(plain(line)) <= width for line in table(found).lines(width))


@given(rows)
def test_in_a_pipe_each_row_is_one_line(found: list[Row]) -> None:
    assert len(table(found).lines(None)) == 2 + len(found)


@given(rows, widths)
def test_no_line_ends_in_spaces(found: list[Row], width: int | None) -> None:
    assert all(plain(line) == plain(line).rstrip() for line in table(found).lines(width))


def test_words_stand_beside_where_there_is_room_and_under_where_there_is_not() -> None:
    found = table([Row(("a", "1"), "one two three"), Row(("bb", "22"), "")])
    assert found.lines(80)[0].endswith("accuracy  words\x1b[0m")
    assert [plain(line) for line in found.lines(80)[2:]] == [
        "a            1  one two three",
        "bb          22",
    ]
    assert [plain(line) for line in found.lines(40)[2:]] == [
        "a            1",
        "    one two three",
        "bb          22",
    ]


def test_the_style_is_of_the_cells_only() -> None:
    (*_, line) = table([Row(("a", "1"), "words", "green")]).lines(80)
    assert line == "\x1b[32ma            1  \x1b[0mwords"


def test_a_line_break_in_the_words_breaks_no_row() -> None:
    assert len(table([Row(("a", "1"), "one\ntwo")]).lines(None)) == 3
