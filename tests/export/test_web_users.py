from base64 import b64encode

import bcrypt
import pytest

from monitor.export import _web_users
from monitor.export._web_users import GUESS_BURST, Doorkeeper, Entrance, hash_cost

HASH = bcrypt.hashpw(b"secret", b"$2b$04$abcdefghijklmnopqrstuu").decode()
USERS = {"alice": HASH}
DAGGER = "$2y$04$" + HASH[7:]
"""As htpasswd writes it."""


def header(name: str, password: str, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(f'{name}:{password}'.encode()).decode()}"


class Comparisons:
    """Counts how often a hash was computed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made = 0
        really = bcrypt.hashpw

        def counted(password: bytes, salt: bytes) -> bytes:
            self.made += 1
            return really(password, salt)

        patch.setattr(bcrypt, "hashpw", counted)


def test_without_users_everybody_may_come_in() -> None:
    assert Doorkeeper().entrance({}, "") is Entrance.OPEN


@pytest.mark.parametrize("hashed", [HASH, DAGGER, "$2a$04$" + HASH[7:]], ids=["2b", "2y", "2a"])
def test_a_right_pair_opens_whichever_tool_made_the_hash(hashed: str) -> None:
    assert Doorkeeper().entrance({"alice": hashed}, header("alice", "secret")) is Entrance.OPEN


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"alice").decode(),
        header("alice", "secret", "Bearer"),
        header("alice", "Secret"),
        header("alice", ""),
        header("alice", "secret\0"),
        header("alice", "secret" + "x" * 80),
        header("bob", "secret"),
        header("Alice", "secret"),
        "Basic \xff",
    ],
)
def test_anything_else_stays_closed(authorization: str) -> None:
    assert Doorkeeper().entrance(USERS, authorization) is Entrance.CLOSED


def test_a_password_longer_than_bcrypt_looks_at_is_refused_even_if_its_beginning_is_right() -> None:
    users = {"alice": bcrypt.hashpw(b"x" * 72, b"$2b$04$abcdefghijklmnopqrstuu").decode()}
    assert Doorkeeper().entrance(users, header("alice", "x" * 72)) is Entrance.OPEN
    assert Doorkeeper().entrance(users, header("alice", "x" * 73)) is Entrance.CLOSED


def test_a_pair_that_was_right_costs_nothing_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, door = Comparisons(monkeypatch), Doorkeeper()
    for _ in range(100):
        assert door.entrance(USERS, header("alice", "secret")) is Entrance.OPEN
    assert compared.made == 1


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    compared, door = Comparisons(monkeypatch), Doorkeeper()
    for name in ("alice", "bob"):
        door.entrance(USERS, header(name, "wrong"))
    assert compared.made == 2


def test_a_changed_hash_is_compared_anew() -> None:
    door = Doorkeeper()
    assert door.entrance(USERS, header("alice", "secret")) is Entrance.OPEN
    changed = {"alice": bcrypt.hashpw(b"other", b"$2b$04$abcdefghijklmnopqrstuu").decode()}
    assert door.entrance(changed, header("alice", "secret")) is Entrance.CLOSED
    assert door.entrance({"bob": HASH}, header("alice", "secret")) is Entrance.CLOSED


def test_guesses_are_few_and_who_was_right_before_is_not_held_up() -> None:
    door = Doorkeeper()
    door.entrance(USERS, header("alice", "secret"))
    told = [door.entrance(USERS, header("alice", f"guess{number}")) for number in range(GUESS_BURST + 5)]
    assert told[-1] is Entrance.LATER
    assert door.entrance(USERS, header("alice", "secret")) is Entrance.OPEN


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_users, "MAX_REMEMBERED", 2)
    compared, door = Comparisons(monkeypatch), Doorkeeper()
    users = dict.fromkeys(("a", "b", "c"), HASH)
    for name in ("a", "b", "c", "a"):
        assert door.entrance(users, header(name, "secret")) is Entrance.OPEN
    assert compared.made == 4


def test_costs_are_read_and_what_is_no_hash_has_none() -> None:
    assert hash_cost(HASH) == 4
    for text in ("", "secret", "$2y$10$short", "$1$abc", HASH + "x"):
        assert hash_cost(text) is None
