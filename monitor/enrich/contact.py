"""Who is the device and who the remote in a flow, from what its two ends are to the site: a table, nothing else.

- One end is home: it is the device, whoever spoke first.
- Both are home: a contact inside the site; the originator is the device.
- Neither is home (an operator's link, public addresses at the site): the originator is the device, and it is counted,
  because then the configuration should say which networks are home.
- A group (multicast, broadcast) is never a device, and what is sent to it stays inside.
"""

from typing import NamedTuple

from monitor.enrich.home import End


class Roles(NamedTuple):
    """Which end is the device."""

    device_is_originator: bool
    internal: bool
    home_is_known: bool = True
    """False when no end is the site's."""


ROLES = {
    (End.HOME, End.OUTSIDE): Roles(device_is_originator=True, internal=False),
    (End.OUTSIDE, End.HOME): Roles(device_is_originator=False, internal=False),
    (End.HOME, End.HOME): Roles(device_is_originator=True, internal=True),
    (End.OUTSIDE, End.OUTSIDE): Roles(device_is_originator=True, internal=False, home_is_known=False),
    (End.HOME, End.GROUP): Roles(device_is_originator=True, internal=True),
    (End.OUTSIDE, End.GROUP): Roles(device_is_originator=True, internal=True),
    (End.GROUP, End.HOME): Roles(device_is_originator=False, internal=True),
    (End.GROUP, End.OUTSIDE): Roles(device_is_originator=False, internal=True),
    (End.GROUP, End.GROUP): Roles(device_is_originator=True, internal=True),
}
"""By what the originator and the responder are."""
