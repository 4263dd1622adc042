"""The documented example of ``umbilical.toml``, made of the schema: every key with its meaning and its default.

Text stands behind ``# ``, what could be set behind ``#``: taking that one sign away sets it. A key without a default shows
an example, from the one table here; that the whole parses is a test.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.config.schema import json_schema

HEAD = """\
The configuration of Umbilical. Every key is here with its default; take the # before a key away to set it.
An empty file is a valid site. Durations are text ("90s", "6h", "7d"), sizes too ("64MiB"), times are UTC,
and paths start where this file stands. Check it with: umbilical check-config FILE"""
OUTPUTS = "An output runs when its section is here: take the # before its name away, too."
EXAMPLES: Mapping[str, Any] = {
    "site.resolvers": ["10.0.0.53"],
    "site.expected_remotes": ["time.example.org", "198.51.100.0/24"],
    "site.devices.name": "meter-17",
    "site.devices.group": "meters",
    "site.devices.address": "10.0.4.17",
    "site.devices.mac": "02:51:00:00:00:17",
    "site.devices.imei": "490154203237518",
    "site.devices.lwm2m_endpoint": "urn:imei:490154203237518",
    "site.devices.hostname": "meter-17",
    "site.groups": "meters",
    "site.groups.allowed_remotes": ["head-end.example.org"],
    "site.groups.maintenance_windows": ["Sun 02:00-04:00"],
    "site.groups.expected_contact_interval": "6h",
    "alert.mute.reason": "agreed with the vendor",
    "alert.mute.until": "2027-01-01",
    "alert.mute.signature": "acme.fota-check",
    "alert.mute.detector": "vendor_contact",
    "alert.mute.vendor": "acme",
    "alert.mute.device": "meter-17",
    "alert.mute.group": "meters",
    "catalog.folders": ["local-signatures"],
    "catalog.pack_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "catalog.pack_folder": "/var/lib/umbilical/signatures",
    "geoip.database": ["country-asn.mmdb", "embedded"],
    "geoip.account_file": "/etc/umbilical/geoip.key",
    "geoip.folder": "/var/lib/umbilical/geoip",
    "geoip.server": "https://mirror.example.org",
    "sensor.interfaces": ["eth1"],
    "sensor.name": "plant-3",
    "sensor.user": "umbilical",
    "sensor.group": "umbilical",
    "sensor.state_folder": "/var/lib/umbilical",
    "sensor.record_folder": "/var/lib/umbilical/record",
    "export.prometheus.web_config": "/etc/umbilical/web.yml",
    "export.prometheus.host_names": ["umbilical.example.org"],
    "detect.watched_place.countries": ["CN", "RU"],
    "detect.watched_place.asns": [37963],
    "detect.watched_place.organisations": ["Example Telecom"],
    "export.alertmanager.runbook_url": "https://wiki.example.org/umbilical/{detector}",
    "export.alertmanager.ca_file": "/etc/umbilical/ca.pem",
    "export.alertmanager.certificate_file": "/etc/umbilical/sensor.pem",
    "export.alertmanager.key_file": "/etc/umbilical/sensor.key",
    "export.kafka.ca_file": "/etc/umbilical/ca.pem",
    "export.kafka.certificate_file": "/etc/umbilical/sensor.pem",
    "export.kafka.key_file": "/etc/umbilical/sensor.key",
    "export.kafka.username": "umbilical",
    "export.kafka.password_file": "/etc/umbilical/kafka.password",
    "export.mqtt.port": 1883,
    "export.mqtt.ca_file": "/etc/umbilical/ca.pem",
    "export.mqtt.certificate_file": "/etc/umbilical/sensor.pem",
    "export.mqtt.key_file": "/etc/umbilical/sensor.key",
    "export.mqtt.username": "umbilical",
    "export.mqtt.password_file": "/etc/umbilical/mqtt.password",
    "export.syslog.port": 6514,
    "export.syslog.max_message": "8KiB",
    "export.syslog.ca_file": "/etc/umbilical/ca.pem",
    "export.syslog.certificate_file": "/etc/umbilical/sensor.pem",
    "export.syslog.key_file": "/etc/umbilical/sensor.key",
    "export.syslog.server_name": "siem.example.org",
    "export.webhook.url": "https://soc.example.org/umbilical",
    "export.webhook.secret_file": "/etc/umbilical/webhook.secret",
    "export.webhook.ca_file": "/etc/umbilical/ca.pem",
    "export.webhook.certificate_file": "/etc/umbilical/sensor.pem",
    "export.webhook.key_file": "/etc/umbilical/sensor.key",
    "export.webhook.proxy": "http://proxy.example.org:3128",
}
"""For keys without a default, and for lists that are empty by default."""
_WIDTH = 108
_SECTION = re.compile(r"^Section\s+\[[^\]]*\](?: of the configuration)?[:.]?\s*")

Schema = Mapping[str, Any]


def example_toml() -> str:
    """Return the example as text."""
    lines = [*_prose(HEAD)]
    for name, schema in json_schema()["properties"].items():
        lines += _table(name, schema, f"[{name}]" if _keys(schema) else "")
    return "\n".join(lines) + "\n"


def uncommented(text: str) -> str:
    """Return the example with everything set."""
    return re.sub(r"^#(?! |$)", "", text, flags=re.MULTILINE)


def _table(path: str, schema: Schema, head: str) -> Iterator[str]:
    """Yield a table: what it is for, its keys, then the tables in it."""
    if head:
        yield ""
        yield from _prose(_purpose(schema))
        yield head
        yield from _own_keys(path, schema)
    elif path == "export":
        yield ""
        yield from _prose(OUTPUTS)
    for name, inner in schema["properties"].items():
        yield from _inner_table(f"{path}.{name}", inner)


def _own_keys(path: str, schema: Schema, *, notes: bool = True) -> Iterator[str]:
    for name, inner in _keys(schema).items():
        yield from _prose(inner.get("description", ""))
        yield f"#{name} = {_value(f'{path}.{name}', inner)}{_remark(inner) if notes else ''}"


def _inner_table(path: str, schema: Schema) -> Iterator[str]:
    if "properties" in schema:
        yield from _table(path, schema, f"#[{path}]" if path.startswith("export.") else f"[{path}]")
    elif _is_table_of_names(schema):
        name = EXAMPLES.get(path, "name")
        item = schema["additionalProperties"]
        yield from _below(path, item, f"#[{path}.{name}]", schema)
    elif _is_list_of_tables(schema):
        yield from _below(path, schema["items"], f"#[[{path}]]", schema)


def _below(path: str, item: Schema, head: str, schema: Schema) -> Iterator[str]:
    yield ""
    yield from _prose(schema.get("description", ""))
    yield head
    yield from _own_keys(path, item, notes=False)


def _keys(schema: Schema) -> dict[str, Schema]:
    """Return what a table holds besides tables."""
    return {
        name: inner
        for name, inner in schema["properties"].items()
        if "properties" not in inner and not _is_table_of_names(inner) and not _is_list_of_tables(inner)
    }


def _is_table_of_names(schema: Schema) -> bool:
    return (
        isinstance(schema.get("additionalProperties"), dict)
        and "properties" in schema["additionalProperties"]
    )


def _is_list_of_tables(schema: Schema) -> bool:
    return "properties" in schema.get("items", {})


def _value(path: str, schema: Schema) -> str:
    default = schema.get("default")
    given = EXAMPLES.get(path)
    if default in (None, []) and given is not None:
        return _written(given)
    return _written(_blank(schema) if default is None else default)


def _remark(schema: Schema) -> str:
    """Return what keeps an example from being taken for a default."""
    default = schema.get("default")
    if default is None:
        return "  # an example; not set by default"
    return "  # an example; empty by default" if default == [] else ""


def _blank(schema: Schema) -> Any:
    """Return something of the right kind where the table of examples knows nothing."""
    if "enum" in schema:
        return schema["enum"][0]
    return {
        "integer": schema.get("minimum", 1),
        "boolean": False,
        "number": 1.0,
        "array": [],
        "object": {},
    }.get(schema.get("type", "string"), "")


def _written(value: Any) -> str:
    """Return a value in TOML; of what is used here it writes the same as JSON."""
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False)


def _purpose(schema: Schema) -> str:
    text = _SECTION.sub("", _plain(schema.get("description", "")))
    return text[:1].upper() + text[1:]


def _prose(text: str) -> Iterator[str]:
    for paragraph in _plain(text).splitlines():
        yield from (f"# {line}" for line in textwrap.wrap(paragraph, _WIDTH))


def _plain(text: str) -> str:
    return text.replace("``", "")
