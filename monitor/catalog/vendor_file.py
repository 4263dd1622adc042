"""One vendor file: YAML text in, ``VendorFile`` out, with every fault noted at its line. Opens no file."""

import re
from dataclasses import dataclass
from typing import Any

from monitor.catalog import operand
from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.reader import Block, Items, read
from monitor.catalog.records import (
    EndpointFormat,
    Example,
    Identity,
    MacPrefix,
    Match,
    Signature,
    Source,
    Tac,
    Test,
    Vendor,
)
from monitor.catalog.shape import ENDPOINT_FORMAT, FILE, IDENTITY, SIGNATURE, SOURCE, TAC, VENDOR
from monitor.catalog.shaped import Checker
from monitor.catalog.vocabulary import Expect, Joint, Operator
from monitor.model.errors import Location, SignatureError
from monitor.model.observation import FIELDS, FieldKind, Value

_EXAMPLE_KEYS = ("expect", "why")
_TEST_KEYS = (*Operator, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFile:
    """What one file says."""

    vendor: Vendor
    sources: tuple[Source, ...]
    source_lines: tuple[int, ...]
    signatures: tuple[Signature, ...]
    tree: Block
    """The file as read, for the digest."""


def parse(text: str, path: str, stem: str, faults: Faults, *, local: bool = False) -> VendorFile | None:
    """Return what a file says, or None when it cannot be used; faults are noted either way."""
    try:
        tree = read(text, path)
    except SignatureError as error:
        faults.take(error)
        return None
    return _Parser(path, faults, local=local).file(tree, stem)


class _Parser:
    def __init__(self, path: str, faults: Faults, *, local: bool) -> None:
        self._path = path
        self._checker = Checker(path, faults)
        self._fault = self._checker.fault
        self._local = local
        self._sources: dict[str, Source] = {}

    def file(self, tree: Block, stem: str) -> VendorFile | None:
        top = self._checker.block(tree, FILE, "the file")
        if top is None:
            return None
        header = self._checker.block(top["vendor"], VENDOR, "the vendor")
        source_lines = self._read_sources(top["sources"])
        if header is None:
            return None
        if header["id"] != stem:
            self._fault(
                top["vendor"].line_of("id"), f"vendor id '{header['id']}' must be the file's name '{stem}'"
            )
        identity = self._identity(top["identity"], header) if "identity" in top else Identity()
        place = Location(self._path, top["vendor"].line)
        sources = tuple(self._sources.values())
        vendor = Vendor(**header, identity=identity, sources=sources, local=self._local, location=place)
        signatures = [self._signature(block, vendor) for block in top.get("signatures", ())]
        return VendorFile(
            vendor=vendor,
            sources=sources,
            source_lines=source_lines,
            signatures=tuple(signature for signature in signatures if signature),
            tree=tree,
        )

    def _read_sources(self, blocks: Items) -> tuple[int, ...]:
        lines = []
        for block in blocks:
            values = self._checker.block(block, SOURCE, "the source")
            if values is None:
                continue
            if values["id"] in self._sources:
                self._fault(block.line, f"source '{values['id']}' stands twice in this file")
            self._sources[values["id"]] = Source(**values)
            lines.append(block.line)
        return tuple(lines)

    def _cited(self, ids: tuple[str, ...], line: int) -> tuple[Source, ...]:
        for missing in [name for name in ids if name not in self._sources]:
            hint = suggestion(missing, self._sources)
            self._fault(line, f"source '{missing}' is not in this file{hint}")
        return tuple(self._sources[name] for name in ids if name in self._sources)

    def _signature(self, block: Block, vendor: Vendor) -> Signature | None:
        values = self._checker.block(block, SIGNATURE, "the signature")
        if values is None:
            return None
        if not values["id"].startswith(vendor.id + "."):
            self._fault(block.line_of("id"), f"signature id '{values['id']}' must begin with '{vendor.id}.'")
        match = self._match(values["match"])
        if match is None:
            return None
        values["match"] = match
        values["sources"] = self._cited(values["sources"], block.line_of("sources"))
        values["examples"] = self._examples(values["examples"], block.line_of("examples"))
        place = Location(self._path, block.line)
        return Signature(**values, vendor_id=vendor.id, local=self._local, location=place)

    def _match(self, block: Block) -> Match | None:
        joints = [Joint(key) for key in block if key in list(Joint)]
        if len(block) != 1 or not joints:
            self._fault(block.line, "'match' takes either 'any' or 'all', and nothing else")
            return None
        tests = block[joints[0]]
        if not isinstance(tests, Items) or not tests:
            self._fault(block.line, f"'{joints[0]}' must be a list of tests")
            return None
        found = [self._test(item, line) for item, line in zip(tests, tests.lines, strict=True)]
        whole = tuple(test for test in found if test)
        return Match(joint=joints[0], tests=whole) if len(whole) == len(found) else None

    def _test(self, item: Any, line: int) -> Test | None:
        if not isinstance(item, Block) or len(item) != 1:
            self._fault(
                line, "a test is one field with one operator: 'dns.query: { domain: fota.acme.example }'"
            )
            return None
        [(field, comparison)] = item.items()
        if field not in FIELDS:
            self._fault(line, f"unknown observation field '{field}'{suggestion(field, FIELDS)}")
            return None
        if not isinstance(comparison, Block):
            self._fault(line, f"'{field}' must be followed by one operator and its value")
            return None
        return self._comparison(field, comparison, line)

    def _comparison(self, field: str, comparison: Block, line: int) -> Test | None:
        for name in [name for name in comparison if name not in _TEST_KEYS]:
            self._fault(line, f"unknown operator '{name}'{suggestion(name, _TEST_KEYS)}")
            return None
        operators = [Operator(name) for name in comparison if name in list(Operator)]
        if len(operators) != 1:
            self._fault(line, f"'{field}' takes exactly one operator")
            return None
        reason = comparison.get("reason")
        if (operators[0] is Operator.REGEX) != (isinstance(reason, str) and bool(reason)):
            self._fault(
                line, "a 'regex' must say in 'reason' why no other operator will do, and only a 'regex' may"
            )
            return None
        try:
            value = operand.normalise(field, operators[0], comparison[operators[0]])
        except ValueError as error:
            self._fault(line, f"'{field}': {error}")
            return None
        return Test(field=field, operator=operators[0], value=value, reason=reason, line=line)

    def _examples(self, blocks: Items, line: int) -> tuple[Example, ...]:
        examples = tuple(example for block in blocks if (example := self._example(block)))
        for sign in Expect:
            if len(examples) == len(blocks) and not any(example.expect is sign for example in examples):
                self._fault(line, f"no example with 'expect: {sign}'")
        return examples

    def _example(self, block: Block) -> Example | None:
        names = [name for name in block if name not in _EXAMPLE_KEYS]
        unknown = [name for name in names if name not in FIELDS]
        for name in unknown:
            known = (*FIELDS, *_EXAMPLE_KEYS)
            self._fault(block.line_of(name), f"unknown observation field '{name}'{suggestion(name, known)}")
        sign = block.get("expect")
        if sign not in list(Expect):
            self._fault(block.line, "an example begins with 'expect: match' or 'expect: no-match'")
        elif not names:
            self._fault(block.line, "an example needs at least one observation field")
        elif not unknown:
            fields = {name: self._shown(name, block[name], block.line_of(name)) for name in names}
            return Example(expect=Expect(sign), fields=fields, why=block.get("why"), line=block.line)
        return None

    def _shown(self, field: str, value: Any, line: int) -> Value:
        """Return an example's value as a parser would show it."""
        kind = FIELDS[field].kind
        if kind in _LISTS:
            return [str(item).lower() if kind is FieldKind.NAMES else str(item) for item in _as_list(value)]
        if kind is FieldKind.NAME:
            return str(value).lower()
        if kind is FieldKind.TEXT:
            return str(value)
        try:
            return operand.single(kind, value)
        except ValueError as error:
            self._fault(line, f"'{field}': {error}")
            return str(value)

    def _identity(self, block: Block, header: dict[str, Any]) -> Identity:
        values = self._checker.block(block, IDENTITY, "the identity")
        if values is None:
            return Identity()
        self._cited(values["sources"], block.line_of("sources"))
        vendor_id, holder = header["id"], header["name"]
        return Identity(
            mac_prefixes=tuple(
                mac_prefix(text, vendor_id, holder) for text in values.get("mac_prefixes", ())
            ),
            tacs=tuple(self._tacs(values.get("tacs", ()), vendor_id)),
            dhcp_names=values.get("dhcp_names", ()),
            model_patterns=self._model_patterns(values.get("model_patterns", ()), block),
            endpoint_formats=tuple(self._formats(values.get("endpoint_formats", ()))),
        )

    def _tacs(self, blocks: Any, vendor_id: str) -> list[Tac]:
        read_blocks = [self._checker.block(block, TAC, "the tac") for block in blocks]
        return [Tac(**values, vendor_id=vendor_id) for values in read_blocks if values]

    def _model_patterns(self, patterns: tuple[str, ...], block: Block) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                self._fault(block.line_of("model_patterns"), f"'{pattern}' is no regular expression: {error}")
        return patterns

    def _formats(self, blocks: Any) -> list[EndpointFormat]:
        formats = []
        for block in blocks:
            values = self._checker.block(block, ENDPOINT_FORMAT, "the endpoint format")
            if values is None:
                continue
            if values["field"] not in FIELDS:
                hint = suggestion(values["field"], FIELDS)
                self._fault(block.line_of("field"), f"unknown observation field '{values['field']}'{hint}")
            try:
                operand.regex(values["pattern"])
            except ValueError as error:
                self._fault(block.line_of("pattern"), str(error))
            values["sources"] = self._cited(values["sources"], block.line_of("sources"))
            formats.append(EndpointFormat(**values))
        return formats


def mac_prefix(text: str, vendor_id: str, holder: str, *, mixed: bool = False) -> MacPrefix:
    """Return a block of MAC addresses from its hex digits, colons or not."""
    digits = text.replace(":", "")
    return MacPrefix(
        value=int(digits, 16), bits=4 * len(digits), vendor_id=vendor_id, holder=holder, mixed=mixed
    )


_LISTS = {FieldKind.NAMES, FieldKind.TEXTS, FieldKind.RECORDS}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
