"""The ``identity`` of one vendor file: a block in, records out, with every fault noted. Opens no file."""

import re
from collections.abc import Callable
from typing import Any

from monitor.catalog import operand
from monitor.catalog.faults import suggestion
from monitor.catalog.reader import Block
from monitor.catalog.records import EndpointFormat, Identity, MacPrefix, Source, Tac
from monitor.catalog.shape import ENDPOINT_FORMAT, IDENTITY, TAC
from monitor.catalog.shaped import Checker
from monitor.model.observation import FIELDS

Cite = Callable[[tuple[str, ...], int], tuple[Source, ...]]
"""Returns the sources with these ids, and notes those that are not there."""


def read_identity(block: Block, header: dict[str, Any], checker: Checker, cite: Cite) -> Identity:
    """Return what tells a vendor's devices; empty when the block is wrong."""
    values = checker.block(block, IDENTITY, "the identity")
    if values is None:
        return Identity()
    cite(values["sources"], block.line_of("sources"))
    vendor_id, holder = header["id"], header["name"]
    _check_patterns(values.get("model_patterns", ()), block, checker)
    return Identity(
        mac_prefixes=tuple(mac_prefix(text, vendor_id, holder) for text in values.get("mac_prefixes", ())),
        tacs=_tacs(values.get("tacs", ()), vendor_id, checker),
        dhcp_names=values.get("dhcp_names", ()),
        model_patterns=values.get("model_patterns", ()),
        endpoint_formats=_formats(values.get("endpoint_formats", ()), checker, cite),
    )


def mac_prefix(text: str, vendor_id: str, holder: str, *, mixed: bool = False) -> MacPrefix:
    """Return a block of MAC addresses from its hex digits, colons or not."""
    digits = text.replace(":", "")
    return MacPrefix(
        value=int(digits, 16), bits=4 * len(digits), vendor_id=vendor_id, holder=holder, mixed=mixed
    )


def _tacs(blocks: Any, vendor_id: str, checker: Checker) -> tuple[Tac, ...]:
    found = [checker.block(block, TAC, "the tac") for block in blocks]
    return tuple(Tac(**values, vendor_id=vendor_id) for values in found if values)


def _check_patterns(patterns: tuple[str, ...], block: Block, checker: Checker) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            problem = f"'{pattern}' is no regular expression: {error}"
            checker.fault(block.line_of("model_patterns"), problem)


def _formats(blocks: Any, checker: Checker, cite: Cite) -> tuple[EndpointFormat, ...]:
    found = [_format(block, checker, cite) for block in blocks]
    return tuple(form for form in found if form is not None)


def _format(block: Block, checker: Checker, cite: Cite) -> EndpointFormat | None:
    values = checker.block(block, ENDPOINT_FORMAT, "the endpoint format")
    if values is None:
        return None
    field = values["field"]
    if field not in FIELDS:
        checker.fault(
            block.line_of("field"), f"unknown observation field '{field}'{suggestion(field, FIELDS)}"
        )
    try:
        operand.regex(values["pattern"])
    except ValueError as error:
        checker.fault(block.line_of("pattern"), str(error))
    values["sources"] = cite(values["sources"], block.line_of("sources"))
    return EndpointFormat(**values)
