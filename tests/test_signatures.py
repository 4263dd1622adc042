"""Every example of every signature that comes with the program, as packets through the whole house."""

from monitor.catalog.catalog import Catalog
from monitor.pipeline.rehearsal import rehearse


def test_every_example_does_what_it_says_from_the_wire_on() -> None:
    assert [] == [str(issue) for issue in rehearse(Catalog.load())]
