"""The comment of a recorded packet: which alerts it belongs to, for people in Wireshark and for ``explain``.

One line, ``umbilical alert=... flow=... frame=... | what the alert says``. The part before the bar is words of a closed
form; a name from the wire that does not fit into one is left out.
"""

import re
from typing import NamedTuple

from monitor.export._plain import plain

MARK = "umbilical"
MAX_ALERTS = 8
"""Alerts that one packet names."""
MAX_TITLE = 160
_WORD = re.compile(r"[!-{}~]{1,255}")
"""Printable ASCII without space and bar."""
_BAR = " | "


class Note(NamedTuple):
    """What a comment says."""

    alerts: tuple[str, ...]
    flow: str = ""
    """Community id of the flow that the alert is about."""
    frame: int = 0
    """Number of the packet at its interface, as an alert's evidence counts."""
    name: str = ""
    """For a look-up: the name that it was recorded for."""
    device: str = ""
    """For a look-up: an end of the flow that the name leads to."""
    title: str = ""


def written(note: Note) -> str:
    """Return the comment."""
    words = [MARK, f"alert={','.join(note.alerts[:MAX_ALERTS])}"]
    for key, value in (("flow", note.flow), ("name", note.name), ("device", note.device)):
        if _WORD.fullmatch(value):
            words.append(f"{key}={value}")
    words.append(f"frame={note.frame}")
    return " ".join(words) + (_BAR + plain(note.title, MAX_TITLE) if note.title else "")


def read(comment: str) -> Note | None:
    """Return what a comment says; None for one that is not ours."""
    facts, _, title = comment.partition(_BAR)
    mark, *words = facts.split(" ")
    if mark != MARK:
        return None
    known = dict(word.split("=", 1) for word in words if "=" in word)
    frame = known.get("frame", "")
    return Note(
        alerts=tuple(filter(None, known.get("alert", "").split(","))),
        flow=known.get("flow", ""),
        frame=int(frame) if frame.isascii() and frame.isdecimal() and len(frame) < 20 else 0,
        name=known.get("name", ""),
        device=known.get("device", ""),
        title=title,
    )
