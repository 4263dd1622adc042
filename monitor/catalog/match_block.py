"""The ``match`` and ``examples`` of one signature: blocks in, records out, with every fault noted. Opens no file."""

from typing import Any

from monitor.catalog import operand
from monitor.catalog.faults import suggestion
from monitor.catalog.reader import Block, Items
from monitor.catalog.records import Example, Match, Test
from monitor.catalog.shaped import Checker
from monitor.catalog.vocabulary import OPERATORS, Expect, Joint, Operator
from monitor.model.observation import FIELDS, FieldKind, Value

_JOINTS = {joint.value: joint for joint in Joint}
_OPERATORS = {operator.value: operator for operator in Operator}
_SIGNS = {sign.value: sign for sign in Expect}
_TEST_KEYS = (*_OPERATORS, "reason")
_EXAMPLE_KEYS = ("expect", "why")
_LISTS = {FieldKind.NAMES, FieldKind.TEXTS, FieldKind.RECORDS}


def read_match(block: Block, checker: Checker) -> Match | None:
    """Return the tests of a signature; None when any of them is wrong."""
    joint = next((_JOINTS[key] for key in block if key in _JOINTS), None)
    if len(block) != 1 or joint is None:
        checker.fault(block.line, "'match' takes either 'any' or 'all', and nothing else")
        return None
    tests = block[joint.value]
    if not isinstance(tests, Items) or not tests:
        checker.fault(block.line, f"'{joint}' must be a list of tests")
        return None
    found = [_test(item, line, checker) for item, line in zip(tests, tests.lines, strict=True)]
    whole = tuple(test for test in found if test)
    return Match(joint=joint, tests=whole) if len(whole) == len(found) else None


def read_examples(blocks: Items, line: int, checker: Checker) -> tuple[Example, ...]:
    """Return the examples of a signature; both signs must be there."""
    examples = tuple(example for block in blocks if (example := _example(block, checker)))
    for sign in Expect:
        if len(examples) == len(blocks) and not any(example.expect is sign for example in examples):
            checker.fault(line, f"no example with 'expect: {sign}'")
    return examples


def _test(item: Any, line: int, checker: Checker) -> Test | None:
    if not isinstance(item, Block) or len(item) != 1:
        form = "dns.query: { domain: fota.acme.example }"
        checker.fault(line, f"a test is one field with one operator: '{form}'")
        return None
    [(field, comparison)] = item.items()
    if field not in FIELDS:
        checker.fault(line, f"unknown observation field '{field}'{suggestion(field, FIELDS)}")
        return None
    if not isinstance(comparison, Block):
        checker.fault(line, f"'{field}' must be followed by one operator and its value")
        return None
    return _comparison(field, comparison, line, checker)


def _comparison(field: str, comparison: Block, line: int, checker: Checker) -> Test | None:
    operators = [_OPERATORS[name] for name in comparison if name in _OPERATORS]
    reason = comparison.get("reason")
    if len(comparison) != len(operators) + ("reason" in comparison):
        name = next(name for name in comparison if name not in _TEST_KEYS)
        taken = ", ".join(OPERATORS[FIELDS[field].kind]) or "none"
        checker.fault(
            line, f"unknown operator '{name}'; '{field}' takes: {taken}{suggestion(name, _TEST_KEYS)}"
        )
        return None
    if len(operators) != 1:
        checker.fault(line, f"'{field}' takes exactly one operator")
        return None
    if (operators[0] is Operator.REGEX) != (isinstance(reason, str) and bool(reason)):
        problem = "a 'regex' must say in 'reason' why no other operator will do, and only a 'regex' may"
        checker.fault(line, problem)
        return None
    try:
        value = operand.normalise(field, operators[0], comparison[operators[0].value])
    except ValueError as error:
        checker.fault(line, f"'{field}': {error}")
        return None
    return Test(field=field, operator=operators[0], value=value, reason=reason, line=line)


def _example(block: Block, checker: Checker) -> Example | None:
    names = [name for name in block if name not in _EXAMPLE_KEYS]
    unknown = [name for name in names if name not in FIELDS]
    for name in unknown:
        hint = suggestion(name, (*FIELDS, *_EXAMPLE_KEYS))
        checker.fault(block.line_of(name), f"unknown observation field '{name}'{hint}")
    sign = _SIGNS.get(block["expect"]) if isinstance(block.get("expect"), str) else None
    if sign is None:
        checker.fault(block.line, "an example begins with 'expect: match' or 'expect: no-match'")
    elif not names:
        checker.fault(block.line, "an example needs at least one observation field")
    elif not unknown:
        fields = {name: _shown(name, block[name], block.line_of(name), checker) for name in names}
        return Example(expect=sign, fields=fields, why=block.get("why"), line=block.line)
    return None


def _shown(field: str, value: Any, line: int, checker: Checker) -> Value:
    """Return an example's value as a parser would show it."""
    kind = FIELDS[field].kind
    if kind in _LISTS:
        items = value if isinstance(value, list) else [value]
        return [str(item).lower() if kind is FieldKind.NAMES else str(item) for item in items]
    if kind is FieldKind.NAME:
        return str(value).lower()
    if kind is FieldKind.TEXT:
        return str(value)
    try:
        return operand.single(kind, value)
    except ValueError as error:
        checker.fault(line, f"'{field}': {error}")
        return str(value)
