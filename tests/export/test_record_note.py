import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export.pcapng import MAX_COMMENT_BYTES
from monitor.export.record_note import MAX_ALERTS, Note, read, written

FLOW = "1:LQU9qZlK+B5F3KDmev6m5PMibrg="


def test_a_note_reads_back_as_it_was_written() -> None:
    note = Note(("0f614e46", "aa"), FLOW, 17, "ota.acme.com", "10.0.0.7", "ACME: firmware | now")
    assert note == read(written(note))
    assert written(note).startswith("umbilical alert=0f614e46,aa flow=1:LQU9")


def test_what_is_not_known_is_left_out() -> None:
    note = Note(("aa",))
    assert written(note) == "umbilical alert=aa frame=0"
    assert note == read(written(note))


@pytest.mark.parametrize("name", ["a b", "x alert=ffff", "a|b", "\x1b[2J", "ä.example", "a\nb", "x" * 300])
def test_a_name_that_does_not_fit_into_a_word_is_left_out(name: str) -> None:
    told = written(Note(("aa",), FLOW, 1, name))
    assert told.isprintable()
    assert "name=" not in told


def test_a_title_cannot_move_the_cursor_or_speak_for_us() -> None:
    note = read(written(Note(("aa",), title="\x1b[2J\nalert=bb")))
    assert note is not None
    assert (("aa",), "\\x1b[2J\\nalert=bb") == (note.alerts, note.title)


@pytest.mark.parametrize("comment", ["", "hello", "umbilicalx alert=aa", " umbilical alert=aa"])
def test_other_comments_are_not_ours(comment: str) -> None:
    assert read(comment) is None


def test_damaged_numbers_are_not_known() -> None:
    for frame in ("x", "-1", "9" * 30, "²"):
        note = read(f"umbilical alert=aa frame={frame}")
        assert note is not None
        assert note.frame == 0


def test_the_longest_note_fits_into_a_comment() -> None:
    note = Note(("f" * 16,) * (MAX_ALERTS + 5), FLOW, 1 << 62, "x" * 255, "f" * 39, "\U0001f6f0" * 999)
    told = written(note).encode()
    assert len(told) <= MAX_COMMENT_BYTES + 256
    back = read(told[:MAX_COMMENT_BYTES].decode(errors="ignore"))
    assert back is not None
    assert (MAX_ALERTS, FLOW, 1 << 62) == (len(back.alerts), back.flow, back.frame)


@given(st.text())
def test_no_comment_breaks_the_reader(comment: str) -> None:
    read(comment)
    read(f"umbilical {comment}")
