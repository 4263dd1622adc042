from monitor.catalog.identity import IdentityIndex
from monitor.catalog.identity_block import mac_prefix
from monitor.catalog.records import MacPrefix, Tac
from tests.catalog._builders import HEAD, parsed

IDENTITY = """\
identity:
  mac_prefixes: ["60:D7:E3"]
  tacs: [{ tac: "86307101", model: M95 }]
  dhcp_names: [acme-module]
  model_patterns: ['\\bAC[0-9]{3}\\b']
  endpoint_formats:
    - { field: lwm2m.endpoint, pattern: "^urn:acme:[0-9]+$", meaning: urn and serial, sources: [manual] }
  sources: [manual]
"""


def index(*macs: MacPrefix) -> IdentityIndex:
    tacs = [
        Tac(tac="86307101", vendor_id="other", model="?"),
        Tac(tac="35160900", vendor_id="other", model="X"),
    ]
    return IdentityIndex([parsed(HEAD + IDENTITY).vendor], macs, tacs)


def test_the_longest_block_wins() -> None:
    longer = mac_prefix("60D7E39", "beta", "Beta")
    longest = mac_prefix("60D7E3912", "gamma", "Gamma")
    known = index(longer, longest)
    addresses = [0x60D7E3_000000, 0x60D7E3_9FFFFF, 0x60D7E3_912345, 0x60D7E4_000000]
    found = [prefix and prefix.vendor_id for prefix in map(known.mac_prefix, addresses)]
    assert ["acme", "beta", "gamma", None] == found


def test_an_imei_is_known_by_its_first_eight_digits_and_the_vendor_file_wins() -> None:
    known = index()
    tac = known.tac("863071012345678")
    assert tac is not None
    assert ("acme", "M95") == (tac.vendor_id, tac.model)
    assert [True, False, False, False] == [
        known.tac(imei) is not None for imei in ("35160900", "3516090", "35160900x", "11111111")
    ]


def test_names_and_models_tell_the_vendor() -> None:
    known = index()
    assert ("acme", None) == (known.dhcp_vendor("ACME-module"), known.dhcp_vendor("laptop"))
    assert ("acme", None) == (known.model_vendor("Agent AC100/1.0"), known.model_vendor("curl/8"))
    assert ("acme",) == known.endpoint_vendors("lwm2m.endpoint", "urn:acme:17")
    assert () == known.endpoint_vendors("lwm2m.endpoint", "urn:other:17")


def test_facts_are_counted() -> None:
    expected = {"mac_prefixes": 1, "tacs": 2, "dhcp_names": 1, "model_patterns": 1, "endpoint_formats": 1}
    assert expected == index().counts()
