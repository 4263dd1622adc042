import threading
import time
from dataclasses import replace

from monitor.export.board import SPACING_SECONDS, Board, State, most_severe
from monitor.model.finding import Severity
from tests.export._states import main_loop, make_alert, make_state

LONG = 5.0
SHORT = 0.05


def asked(board: Board, patience: float = LONG) -> tuple[threading.Thread, list[State | None]]:
    """Ask in a thread of its own; the answer is put into the list."""
    answers: list[State | None] = []
    thread = threading.Thread(target=lambda: answers.append(board.fresh(patience)))
    thread.start()
    return thread, answers


def until_wanted(board: Board) -> None:
    end = time.monotonic() + LONG
    while not board.wanted():
        assert time.monotonic() < end, "nobody asked"
        time.sleep(0.001)


def test_nothing_is_wanted_until_somebody_asks() -> None:
    board = Board()
    assert not board.wanted()
    thread, answers = asked(board)
    until_wanted(board)
    state = make_state()
    board.show(state)
    thread.join()
    assert answers == [state]
    assert answers[0] is state
    assert not board.wanted()


def test_all_who_ask_at_the_same_time_share_one_answer() -> None:
    board, state = Board(), make_state()
    asking = [asked(board) for _ in range(20)]
    time.sleep(SHORT)
    until_wanted(board)
    board.show(state)
    for thread, _ in asking:
        thread.join()
    assert all(answers[0] is state for _, answers in asking)


def test_an_answer_from_before_the_question_is_not_given() -> None:
    board, old, new = Board(), make_state(), make_state()
    first, _ = asked(board)
    until_wanted(board)
    late, answers = asked(board)
    time.sleep(SHORT)
    board.show(old)
    first.join()
    assert late.is_alive()
    until_wanted(board)
    board.show(new)
    late.join()
    assert answers[0] is new


def test_a_main_loop_that_does_not_answer_leaves_the_last_state_marked_stale() -> None:
    board, state = Board(), make_state()
    assert board.fresh(0.01) is None
    board.show(state)
    told = board.fresh(0.01)
    assert told == replace(state, is_stale=True)


def test_the_main_loop_is_asked_for_few_states_however_many_ask() -> None:
    board, shown, over = Board(), 0, threading.Event()

    def ask() -> None:
        while not over.is_set():
            board.fresh(LONG)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    began = time.monotonic()
    while (span := time.monotonic() - began) < 4 * SPACING_SECONDS:
        if board.wanted():
            board.show(make_state())
            shown += 1
        time.sleep(0.001)
    over.set()
    until_wanted(board)
    board.show(make_state())
    for asker in askers:
        asker.join()
    assert 1 <= shown <= span / SPACING_SECONDS + 1


def test_asking_for_wishes_shows_that_the_main_loop_lives() -> None:
    board = Board()
    time.sleep(SHORT)
    silent = board.silent_seconds
    assert silent >= SHORT
    board.wanted()
    assert board.silent_seconds < silent


def test_a_living_main_loop_answers() -> None:
    with main_loop() as board:
        told = board.fresh(LONG)
    assert told is not None
    assert not told.is_stale


def test_the_most_severe_alerts_come_first_and_of_equals_the_latest() -> None:
    low, old, new = (
        make_alert(alert_id=name, severity=severity, last_seen_ns=last_ns)
        for name, severity, last_ns in (
            ("a", Severity.LOW, 9),
            ("b", Severity.HIGH, 1),
            ("c", Severity.HIGH, 2),
        )
    )
    assert most_severe([low, old, new]) == (new, old, low)
    assert most_severe([low, old, new], limit=1) == (new,)
