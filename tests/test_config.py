"""The configuration as its author meets it: what is read, what is refused, and in which line."""

import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alert.policy import Mute
from monitor.config import Config, json_schema, load
from monitor.config.example import EXAMPLES, example_toml, uncommented
from monitor.config.fault import Faults
from monitor.config.hint import record_of, shape_of
from monitor.config.position import lines_of
from monitor.config.reader import read
from monitor.config.sensor import Sensor
from monitor.config.shape import NOT_READ
from monitor.config.tree import ROOMS, plugins, room_has_settings, settings_class
from monitor.config.window import window
from monitor.detect.watched_place import Settings as WatchedPlace
from monitor.enrich.alias import Alias
from monitor.flow.settings import Settings as FlowSettings
from monitor.model.errors import ConfigError

HOUR_NS = 3600 * 1_000_000_000

WHOLE = """\
[site]
home_networks = ["10.0.0.0/8", "fd00::/8"]     # default: private, CGNAT, ULA, link-local
resolvers = ["10.0.0.53"]
expected_remotes = ["time.example.org", "198.51.100.0/24"]

[[site.devices]]
name = "meter-17"
group = "meters"
address = "10.0.4.17"

[[site.devices]]
name = "router-1"
address = ["10.0.4.18", "2001:db8:1:2::/64"]

[site.groups.meters]
allowed_remotes = ["head-end.example.org"]
maintenance_windows = ["Sun 02:00-04:00"]
expected_contact_interval = "6h"

[detect.watched_place]
countries = ["CN", "RU"]
asns = [37963]
organisations = []

[alert]
suppress_for = "2h"
resolve_after = "24h"
mute = [{ signature = "acme.fota-check", group = "meters", until = "2027-01-01", reason = "agreed" }]

[catalog]
folders = ["local-signatures"]
pack_key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
pack_folder = "packs"

[geoip]
database = ["country-asn.mmdb", "embedded"]

[flow]
capacity = 1000000
"""


def _load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "umbilical.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def _problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    return [line.removeprefix(f"{tmp_path}/") for line in str(caught.value).splitlines()]


def _no_home() -> Path:
    raise RuntimeError("could not determine home directory")


class TestReading:
    def test_every_section_is_read(self, tmp_path: Path) -> None:
        config = _load(tmp_path, WHOLE)
        assert config.site.home_networks == ("10.0.0.0/8", "fd00::/8")
        assert config.site.devices == (
            Alias(name="meter-17", group="meters", address="10.0.4.17"),
            Alias(name="router-1", address=("10.0.4.18", "2001:db8:1:2::/64")),
        )
        assert config.site.groups["meters"].expected_contact_interval_ns == 6 * HOUR_NS
        assert config.alert.suppress_for_ns == 2 * HOUR_NS
        until_ns = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000
        assert config.alert.mute == (
            Mute(signature="acme.fota-check", group="meters", until_ns=until_ns, reason="agreed"),
        )
        assert config.sections == {
            "detect.watched_place": WatchedPlace(countries=("CN", "RU"), asns=(37963,)),
            "flow": FlowSettings(capacity=1_000_000),
        }

    def test_paths_start_where_the_file_stands(self, tmp_path: Path) -> None:
        config = _load(tmp_path, WHOLE)
        assert config.signature_folders == (tmp_path / "local-signatures",)
        assert config.database_paths == (str(tmp_path / "country-asn.mmdb"), "embedded")

    def test_packs_have_a_key_and_a_folder(self, tmp_path: Path) -> None:
        config = _load(tmp_path, WHOLE)
        assert config.catalog.pack_key == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        assert config.pack_folder == tmp_path / "packs"

    @pytest.mark.parametrize(
        ("home", "expected"),
        [("/data", "/data"), ("", "/home/me/.local/share"), ("relative", "/home/me/.local/share")],
    )
    def test_packs_are_in_the_data_home_by_default(
        self, monkeypatch: pytest.MonkeyPatch, home: str, expected: str
    ) -> None:
        monkeypatch.setenv("HOME", "/home/me")
        monkeypatch.setenv("XDG_DATA_HOME", home)
        assert Config().pack_folder == Path(expected, "umbilical", "signatures")
        monkeypatch.delenv("XDG_DATA_HOME")
        assert Config().pack_folder == Path("/home/me/.local/share/umbilical/signatures")

    def test_without_a_home_there_is_no_place_for_packs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("XDG_DATA_HOME")
        monkeypatch.setattr(Path, "home", _no_home)
        assert Config().pack_folder is None

    def test_a_home_that_may_not_be_looked_into_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sensor that was root cannot read root's home any more."""

        def refuse(_: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setenv("XDG_DATA_HOME", "/root/.local/share")
        monkeypatch.setattr(Path, "stat", refuse)
        assert (None, None) == (Config().pack_folder, Config().database_paths)

    def test_an_empty_file_is_a_valid_site(self, tmp_path: Path) -> None:
        config = _load(tmp_path, "")
        assert (config.site, config.alert, config.geoip) == (Config().site, Config().alert, Config().geoip)
        assert config.database_paths is None

    def test_without_a_file_there_are_the_defaults(self) -> None:
        assert load(None) == Config()

    def test_settings_that_the_file_does_not_have_are_the_defaults(self, tmp_path: Path) -> None:
        config = _load(tmp_path, "[flow]\ncapacity = 5")
        assert config.settings("flow") == FlowSettings(capacity=5)
        assert config.settings("detect.watched_place") == WatchedPlace()
        assert "detect.watched_place" not in config.sections

    def test_a_byte_order_mark_is_no_fault(self, tmp_path: Path) -> None:
        assert _load(tmp_path, "\ufeff[flow]\ncapacity = 5").settings("flow").capacity == 5

    def test_the_tree_is_frozen(self, tmp_path: Path) -> None:
        config = _load(tmp_path, WHOLE)
        with pytest.raises(AttributeError):
            config.site.resolvers = ()  # type: ignore[misc]  # the point of the test
        with pytest.raises(TypeError):
            config.site.groups["other"] = config.site.groups["meters"]  # type: ignore[index]

    def test_all_settings_of_the_program_can_be_read(self) -> None:
        names = [room for room in ROOMS if room_has_settings(room)]
        names += [f"{room}.{name}" for room in ROOMS for name in plugins(room)]
        records = {name: settings_class(name) for name in names}
        for name, record in records.items():
            if record is None or any(key.is_required for key in record_of(record).keys.values()):
                continue
            faults = Faults()
            written = record_of(record).written(record())
            assert record_of(record).read(written, (name,), faults) == record()
            assert faults.found == []


class TestSensor:
    def test_its_section_is_read(self, tmp_path: Path) -> None:
        config = _load(
            tmp_path, '[sensor]\ninterfaces = ["eth1"]\nmemory_budget = "2GiB"\ncheckpoint_every = "5m"'
        )
        assert config.sensor == Sensor(
            interfaces=("eth1",), memory_budget_bytes=2 << 30, checkpoint_every_ns=300 * 1_000_000_000
        )

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('interfaces = ["a/b"]', 'expected a list of names of interfaces such as "eth1", got "a/b"'),
            ('interfaces = ["sixteen-letters1"]', "expected a list of names of interfaces"),
            ('interfaces = ["eth1", "eth1"]', "an interface is named twice"),
            ("workers = 0", "expected a whole number from 1 to 64, got 0"),
            ('user = "two words"', "expected the name or number of an account"),
            ('name = ""', "expected a name of at most 64 letters"),
            ('memory_budget = "1MB"', 'too little; give "440MiB" or more'),
            ('record_size = "1kB"', 'too little; give "1MiB" or more'),
            ('checkpoint_every = "10ms"', 'too little; give "1s" or more'),
        ],
    )
    def test_what_no_sensor_can_do_is_refused(self, tmp_path: Path, text: str, problem: str) -> None:
        (told,) = _problems(tmp_path, f"[sensor]\n{text}")
        assert told.startswith(f"umbilical.toml:2: sensor.{text.partition(' ')[0]}: {problem}")

    def test_its_folders_start_where_the_file_stands(self, tmp_path: Path) -> None:
        config = _load(tmp_path, '[sensor]\nstate_folder = "state"\nrecord_folder = "/record"')
        assert (tmp_path / "state", Path("/record")) == (config.state_folder, config.record_folder)

    @pytest.mark.parametrize(("given", "expected"), [("/a:/b", Path("/a")), ("", None), ("relative", None)])
    def test_systemd_says_where_the_state_is(
        self, monkeypatch: pytest.MonkeyPatch, given: str, expected: Path | None
    ) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", given)
        assert expected == Config().state_folder
        assert Path("/own") == Config(sensor=Sensor(state_folder="/own")).state_folder

    def test_by_hand_nothing_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("STATE_DIRECTORY", raising=False)
        assert (None, None) == (Config().state_folder, Config().record_folder)


class TestExample:
    def test_it_is_a_valid_site_that_changes_nothing(self, tmp_path: Path) -> None:
        config = _load(tmp_path, example_toml())
        assert (config.site, config.alert, config.sensor) == (Config().site, Config().alert, Config().sensor)
        assert [name for name in config.sections if name.startswith("export.")] == []

    def test_everything_in_it_can_be_set(self, tmp_path: Path) -> None:
        config = _load(tmp_path, uncommented(example_toml()))
        assert config.sensor.interfaces == ("eth1",)
        assert config.site.devices[0].name == "meter-17"

    def test_every_key_of_the_schema_is_in_it(self) -> None:
        document = tomllib.loads(uncommented(example_toml()))
        assert _missing(json_schema(), document, "") == []

    def test_no_example_is_for_a_key_that_is_gone(self) -> None:
        document = tomllib.loads(uncommented(example_toml()))
        assert [path for path in EXAMPLES if not _stands_in(document, path)] == []

    def test_the_file_in_deploy_is_this_one(self, *, rewrites_goldens: bool) -> None:
        kept = Path(__file__).parents[1] / "deploy" / "umbilical.toml"
        if rewrites_goldens:
            kept.write_text(example_toml(), encoding="utf-8")
        assert kept.read_text("utf-8") == example_toml(), "pytest tests/test_config.py --golden rewrites it"


def _missing(schema: dict[str, Any], value: Any, path: str) -> list[str]:
    """Return the keys of a schema that a document does not have."""
    if isinstance(value, list):
        return [] if not value else _missing(schema.get("items", {}), value[0], path)
    if not isinstance(value, dict):
        return []
    if isinstance(schema.get("additionalProperties"), dict):
        return [] if not value else _missing(schema["additionalProperties"], next(iter(value.values())), path)
    inner = schema.get("properties", {})
    absent = [f"{path}.{name}" for name in inner if name not in value]
    return absent + [
        fault
        for name in value
        if name in inner
        for fault in _missing(inner[name], value[name], f"{path}.{name}")
    ]


def _stands_in(value: Any, path: str) -> bool:
    name, _, rest = path.partition(".")
    while isinstance(value, list) or (isinstance(value, dict) and name not in value and len(value) == 1):
        value = value[0] if isinstance(value, list) else next(iter(value.values()))
    return isinstance(value, dict) and name in value and (not rest or _stands_in(value[name], rest))


class TestFaults:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[sight]", "1: sight: unknown name; did you mean 'site'?"),
            ("[site]\nresolver = []", "2: site.resolver: unknown name; did you mean 'resolvers'?"),
            (
                "[detect.watchd_place]",
                "1: detect.watchd_place: unknown name; did you mean 'watched_place'?",
            ),
            ("[flow]\ncapacty = 1", "2: flow.capacty: unknown name; did you mean 'capacity'?"),
            (
                '[detect.watched_place]\ncountries = [\n  "CN",\n  "China"]',
                '4: detect.watched_place.countries: expected a list of two-letter country codes, got "China"',
            ),
            (
                '[detect.watched_place]\ncountries = "CN"',
                '2: detect.watched_place.countries: expected a list of two-letter country codes, got "CN" (write ["CN"])',
            ),
            (
                '[detect.watched_place]\ncountries = [\n  "XK",\n  "UK"]',
                "4: detect.watched_place.countries: expected a list of two-letter country codes, got \"UK\" (write 'GB')",
            ),
            (
                '[detect.watched_place]\ncountries = ["EL"]',
                "2: detect.watched_place.countries: expected a list of two-letter country codes, got \"EL\" (write 'GR')",
            ),
            (
                '[detect.watched_place]\ncountries = ["cn"]',
                "2: detect.watched_place.countries: expected a list of two-letter country codes, got \"cn\" (write 'CN')",
            ),
            (
                '[detect.watched_place]\ncountries = ["RX"]',
                '2: detect.watched_place.countries: expected a list of two-letter country codes, got "RX" (no country has this code; with R begin RE, RO, RS, RU, RW)',
            ),
            (
                '[detect.watched_place]\nasns = ["AS1"]',
                '2: detect.watched_place.asns: expected a list of AS numbers, got "AS1"',
            ),
            (
                "[alert]\nsuppress_for = 60",
                '2: alert.suppress_for: expected a duration such as "90s", "6h" or "7d", got 60',
            ),
            (
                '[alert]\nmin_severity = "hgh"',
                '2: alert.min_severity: expected one of "info", "low", "medium", "high", "critical", got "hgh"',
            ),
            (
                "[flow]\ncapacity = true",
                "2: flow.capacity: expected a whole number, 0 or more, got true",
            ),
            ("[flow]\ncapacity = -1", "2: flow.capacity: expected a whole number, 0 or more, got -1"),
            (
                '[flow]\nudp_timeout = "soon"',
                '2: flow.udp_timeout: expected a duration such as "90s", "6h" or "7d", got "soon"',
            ),
            (
                '[site]\nhome_networks = ["10.1.0.0/8"]',
                '2: site.home_networks: expected a list of networks such as "10.0.0.0/8", got "10.1.0.0/8" (10.1.0.0/8 has host bits set)',
            ),
            (
                '[[site.devices]]\nname = "a"\nimei = "490154203237518"\n[[site.devices]]\naddress = "10.0.0.1"',
                "4: site.devices.name: missing",
            ),
            (
                '[[site.devices]]\nname = "a"\naddress = "10.0.0"',
                "3: site.devices.address: '10.0.0' does not appear to be an IPv4 or IPv6 network",
            ),
            (
                'site.devices = [{ name = "a", mac = "00:11:22:33:44:55" }, { name = "b", mac = "001122334455" }]',
                "1: site.devices: mac '00:11:22:33:44:55' stands for two devices",
            ),
            (
                '[alert]\nmute = [\n  { vendor = "acme", reason = "x" },\n  { reason = "y" },\n]',
                "4: alert.mute: a mute without a condition would silence everything; name a signature or device",
            ),
            (
                '[catalog]\npack_key = "abc"',
                "2: catalog.pack_key: expected a public key as 'umbilical signatures keygen' writes it, got \"abc\" (Incorrect padding)",
            ),
            (
                '[catalog]\npack_key = "AAAA"',
                "2: catalog.pack_key: expected a public key as 'umbilical signatures keygen' writes it, got \"AAAA\"",
            ),
            ("site = 1", "1: site: expected a table, got 1"),
            ("detect = 1", "1: detect: expected a table, got 1"),
            ("[detect]\nwatched_place = 1", "2: detect.watched_place: expected a table, got 1"),
            ('[site]\ndevices = ["a"]', '2: site.devices: expected a table, got "a"'),
            ("[site.groups]\nmeters = 5", "2: site.groups.meters: expected a table, got 5"),
        ],
    )
    def test_a_fault_is_told_with_its_line(self, tmp_path: Path, text: str, expected: str) -> None:
        assert [f"umbilical.toml:{expected}"] == _problems(tmp_path, text)

    def test_a_wildcard_is_told_to_be_needless(self, tmp_path: Path) -> None:
        (problem,) = _problems(tmp_path, '[site]\nexpected_remotes = ["*.example.org"]')
        assert problem.endswith(
            """got "*.example.org" (write 'example.org', which covers the names below it)"""
        )

    def test_all_faults_are_told_at_once_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        text = '[flow]\ncapacity = "x"\n[alert]\nmute = 1\n[nothing]\n[site]\nresolvers = ["x"]\nother = 1'
        places = [problem.split(": ", 2)[:2] for problem in _problems(tmp_path, text)]
        assert places == [
            ["umbilical.toml:2", "flow.capacity"],
            ["umbilical.toml:4", "alert.mute"],
            ["umbilical.toml:5", "nothing"],
            ["umbilical.toml:7", "site.resolvers"],
            ["umbilical.toml:8", "site.other"],
        ]

    def test_what_a_section_has_against_its_keys_is_told_together(self, tmp_path: Path) -> None:
        text = """\
[export.alertmanager]
urls = ["ftp://x"]
timeout = "0s"
labels = { "a-b" = "x" }
resend_evry = "1m"
runbook_url = 1
"""
        places = [problem.split(": ", 2)[:2] for problem in _problems(tmp_path, text)]
        assert places == [
            ["umbilical.toml:2", "export.alertmanager.urls"],
            ["umbilical.toml:3", "export.alertmanager.timeout"],
            ["umbilical.toml:4", "export.alertmanager.labels"],
            ["umbilical.toml:5", "export.alertmanager.resend_evry"],
            ["umbilical.toml:6", "export.alertmanager.runbook_url"],
        ]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('hold_for = "soon"\nresend_every = "20m"', ["hold_for"]),
            ('hold_for = "30s"\nresend_evry = "10s"', ["resend_evry"]),
            ('certficate_file = "a.pem"\nkey_file = "a.key"', ["certficate_file"]),
            ('hold_for = "30s"\nresend_every = "40s"', ["resend_every"]),
        ],
    )
    def test_no_key_is_blamed_for_want_of_another_that_was_wrong(
        self, tmp_path: Path, text: str, expected: list[str]
    ) -> None:
        problems = _problems(tmp_path, f"[export.alertmanager]\n{text}")
        assert [f"export.alertmanager.{key}" for key in expected] == [one.split(": ")[1] for one in problems]

    def test_a_file_with_a_fault_is_read_as_far_as_it_can_be(self, tmp_path: Path) -> None:
        path = tmp_path / "umbilical.toml"
        path.write_text(
            '[site]\nx = 1\n[alert]\nsuppress_for = "2h"\n[flow]\ncapacity = -1\n[export.syslog]\nhost = "a"'
        )
        config, faults, _ = read(path)
        assert (config.path, config.site, config.alert.suppress_for_ns) == (path, Config().site, 2 * HOUR_NS)
        assert ["export.syslog"] == list(config.sections)
        assert [True, False, False] == [faults.is_whole(name) for name in ("alert", "site", "flow")]

    def test_a_long_value_is_cut(self, tmp_path: Path) -> None:
        (problem,) = _problems(tmp_path, f'[flow]\ncapacity = "{"x" * 1000}"')
        assert len(problem) < 200

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[site]\nresolvers = [", "umbilical.toml:2: not TOML: "),
            ("a = 1\nb = @", "umbilical.toml:2: not TOML: "),
            ("a = 1\na = 2", "umbilical.toml:2: not TOML: "),
        ],
    )
    def test_what_is_not_toml_is_told_with_its_line(self, tmp_path: Path, text: str, expected: str) -> None:
        (problem,) = _problems(tmp_path, text)
        assert problem.startswith(expected)

    def test_a_file_that_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"none\.toml: no such file; an empty file is a valid site"):
            load(tmp_path / "none.toml")
        with pytest.raises(ConfigError, match="cannot be read"):
            load(tmp_path)
        latin = tmp_path / "latin.toml"
        latin.write_bytes(b'name = "\xe9"')
        with pytest.raises(ConfigError, match="not UTF-8"):
            load(latin)

    def test_nesting_without_end_is_refused(self, tmp_path: Path) -> None:
        (problem,) = _problems(tmp_path, "x = " + "[" * 100_000)
        assert "nested too deeply" in problem

    def test_a_module_without_settings_has_nothing_to_set(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr("monitor.detect.watched_place.Settings")
        assert _problems(tmp_path, "[detect.watched_place]\nx = 1") == [
            "umbilical.toml:1: detect.watched_place: there is nothing to set here"
        ]


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    flag: bool = False
    count: int = 1
    offset: int = -1
    ratio: float = 0.5
    text: str = ""
    """A text
    of two lines."""
    level: Level = Level.LOW
    mode: Literal["a", "b"] = "a"
    window_ns: int = 0
    limit_bytes: int = 128_000
    pause: str = "90s"
    room: str = "64MiB"
    until_ns: int | None = None
    day: date | None = None
    path: Path | None = None
    either: str | tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()
    table: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.count == 13:
            raise ValueError("count: not today")
        if self.count == 14:
            raise ValueError("neither today")


def _read(table: dict[str, Any]) -> Any:
    faults = Faults()
    value = record_of(Everything).read(table, (), faults)
    assert (value is NOT_READ) == bool(faults.found)
    return faults.found[0][1] if faults.found else value


class TestRecords:
    @pytest.mark.parametrize(
        ("table", "expected"),
        [
            ({}, Everything()),
            ({"flag": True}, Everything(flag=True)),
            ({"offset": -5}, Everything(offset=-5)),
            ({"ratio": 1}, Everything(ratio=1.0)),
            ({"level": "high"}, Everything(level=Level.HIGH)),
            ({"mode": "b"}, Everything(mode="b")),
            ({"window": "6h"}, Everything(window_ns=6 * HOUR_NS)),
            ({"limit": "1kB"}, Everything(limit_bytes=1000)),
            ({"pause": "5m", "room": "1GiB"}, Everything(pause="5m", room="1GiB")),
            ({"until": "1970-01-01T01:00:00Z"}, Everything(until_ns=HOUR_NS)),
            ({"until": date(1970, 1, 2)}, Everything(until_ns=24 * HOUR_NS)),
            ({"until": datetime(1970, 1, 1, 1, tzinfo=UTC)}, Everything(until_ns=HOUR_NS)),
            ({"day": "2027-01-01"}, Everything(day=date(2027, 1, 1))),
            ({"path": "x/y"}, Everything(path=Path("x/y"))),
            ({"either": "x"}, Everything(either="x")),
            ({"either": ["x", "y"]}, Everything(either=("x", "y"))),
            ({"names": ["x", "x"]}, Everything(names=frozenset({"x"}))),
            ({"parts": [{"name": "x"}]}, Everything(parts=(Part(name="x"),))),
            ({"table": {"x": 1}}, Everything(table={"x": 1})),
        ],
    )
    def test_what_fits_is_read(self, table: dict[str, Any], expected: Everything) -> None:
        assert expected == _read(table)

    @pytest.mark.parametrize(
        ("table", "problem"),
        [
            ({"flag": 1}, "expected true or false, got 1"),
            ({"count": 1.0}, "expected a whole number, 0 or more, got 1.0"),
            ({"offset": "1"}, 'expected a whole number, got "1"'),
            ({"ratio": float("nan")}, "expected a number, got NaN"),
            ({"text": 1}, "expected text, got 1"),
            ({"level": 1}, 'expected one of "low", "high", got 1'),
            ({"mode": []}, 'expected one of "a", "b", got []'),
            ({"window": "6 hours"}, 'expected a duration such as "90s", "6h" or "7d", got "6 hours"'),
            ({"limit": 5}, 'expected a size such as "64MiB", got 5'),
            (
                {"limit": "5mb"},
                'expected a size such as "64MiB", got "5mb" (units are B, KiB, MiB, GiB, kB, MB, GB)',
            ),
            ({"limit_bytes": 5}, "unknown name; did you mean 'limit'?"),
            ({"room": "big"}, 'expected a size such as "64MiB", got "big"'),
            ({"either": 1}, "expected text or a list of text, got 1"),
            ({"names": ["x", 1]}, "expected a list of text, got 1"),
            ({"parts": [{}]}, "missing"),
            ({"table": {"x": "y"}}, 'expected a whole number, 0 or more, got "y"'),
            ({"count": 13}, "not today"),
            ({"count": 14}, "neither today"),
        ],
    )
    def test_what_does_not_fit_is_told(self, table: dict[str, Any], problem: str) -> None:
        assert problem == _read(table)

    def test_what_is_written_is_read_again(self) -> None:
        given = Everything(window_ns=90 * 60 * 1_000_000_000, limit_bytes=1 << 20, parts=(Part(name="x"),))
        written = record_of(Everything).written(given)
        assert ("90m", "1MiB") == (written["window"], written["limit"])
        assert _read(written) == given

    def test_the_schema_says_what_is_read(self) -> None:
        schema = record_of(Everything).schema()
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate({"window": "6h", "level": "low", "parts": [{"name": "x"}]}, schema)
        assert schema["properties"]["text"]["description"] == "A text of two lines."
        assert schema["properties"]["limit"]["default"] == "128kB"
        wrongs: tuple[dict[str, Any], ...] = (
            {"window": 6},
            {"other": 1},
            {"parts": [{}]},
            {"level": "x"},
            {"count": -1},
        )
        for wrong in wrongs:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(wrong, schema)

    @pytest.mark.parametrize("hint", [object, tuple[int, str], complex, type[int]])
    def test_a_type_that_no_file_can_hold_is_an_error_of_ours(self, hint: Any) -> None:
        with pytest.raises(TypeError, match="cannot hold"):
            shape_of(hint)


class TestSchema:
    def test_it_is_a_schema_that_accepts_the_example(self) -> None:
        schema = json_schema()
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate(tomllib.loads(WHOLE), schema)

    def test_it_refuses_unknown_names_everywhere(self) -> None:
        for text in (
            "x = 1",
            "[site]\nx = 1",
            "[detect]\nx = 1",
            "[flow]\nx = 1",
            "[detect.watched_place]\nx = 1",
        ):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(tomllib.loads(text), json_schema())

    def test_every_section_of_the_tree_is_in_it(self) -> None:
        trees = {one.name for one in fields(Config) if is_dataclass(getattr(Config(), one.name))}
        assert trees == {"site", "alert", "catalog", "geoip", "sensor"}
        assert trees < set(json_schema()["properties"])


class TestWindows:
    @pytest.mark.parametrize(
        ("text", "instant", "expected"),
        [
            ("Sun 02:00-04:00", "2026-11-22T02:00", True),
            ("Sun 02:00-04:00", "2026-11-22T03:59", True),
            ("Sun 02:00-04:00", "2026-11-22T04:00", False),
            ("Sun 02:00-04:00", "2026-11-21T03:00", False),
            ("Mon-Fri 22:00-02:00", "2026-11-20T23:00", True),
            ("Mon-Fri 22:00-02:00", "2026-11-21T01:59", True),
            ("Mon-Fri 22:00-02:00", "2026-11-21T22:30", False),
            ("Mon-Fri 22:00-02:00", "2026-11-23T01:00", False),
            ("Sat-Mon 00:00-24:00", "2026-11-22T12:00", True),
            ("Sat-Mon 00:00-24:00", "2026-11-24T00:00", False),
            ("daily 03:00-03:30", "2026-11-24T03:15", True),
            ("daily 00:00-00:00", "2026-11-24T12:00", True),
        ],
    )
    def test_a_window_covers_its_time(self, text: str, instant: str, expected: bool) -> None:  # noqa: FBT001 - a table
        ts_ns = int(datetime.fromisoformat(f"{instant}:00+00:00").timestamp()) * 1_000_000_000
        assert expected == window(text).covers(ts_ns)

    @pytest.mark.parametrize("text", ["", "Sunday 02:00-04:00", "Sun 2-4", "Sun 25:00-26:00", "Sun 02:00"])
    def test_another_text_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^$"):
            window(text)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [one for key, item in items for one in ((*path, key), *_paths(item, (*path, key)))]


class TestPositions:
    TEXT = '''\
# [no.table] = "here
a = 1
"b c".d = [ "]", '[', """x
] " """, 1.5, 2027-01-01 00:00:00 ]  # ]
[t]
list = [
  { x = 1, y = [1, 2] },  # comment, with } and ]
  [[3], []],
]
\'\'
more = 1
[[t.items]]
name = "one"
[t.items.inner]
deep = {}
[[t.items]]
name = """
two"""
"q\\u0041" = true
'''.replace("''\n", "")

    def test_everything_has_a_line(self) -> None:
        assert set(_paths(tomllib.loads(self.TEXT))) == set(lines_of(self.TEXT))

    @pytest.mark.parametrize(
        ("path", "line"),
        [
            (("a",), 2),
            (("b c", "d", 0), 3),
            (("b c", "d", 2), 3),
            (("b c", "d", 3), 4),
            (("t",), 5),
            (("t", "list", 0, "y", 1), 7),
            (("t", "list", 1, 0, 0), 8),
            (("t", "items", 0, "inner", "deep"), 14),
            (("t", "items", 1), 15),
            (("t", "items", 1, "qA"), 18),
        ],
    )
    def test_the_line_is_the_right_one(self, path: tuple[str | int, ...], line: int) -> None:
        assert line == lines_of(self.TEXT)[path]

    @settings(max_examples=100, deadline=None)
    @given(
        st.dictionaries(
            st.text(alphabet="ab.[]#\"'{}=,", min_size=1, max_size=4),
            st.recursive(
                st.integers() | st.booleans() | st.text(max_size=8),
                lambda items: (
                    st.lists(items, max_size=3)
                    | st.dictionaries(st.text(alphabet="ab.]", max_size=3), items, max_size=3)
                ),
                max_leaves=8,
            ),
            max_size=4,
        )
    )
    def test_any_document_is_followed(self, document: dict[str, Any]) -> None:
        text = "".join(f"{_toml(key)} = {_toml(value)}\n" for key, value in document.items())
        assert tomllib.loads(text) == document
        lines = lines_of(text)
        assert set(_paths(document)) == set(lines)
        assert [1 + place for place in range(len(document))] == [lines[key,] for key in document]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
    return str(value).lower()
