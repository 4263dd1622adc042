"""The peers, and which of them are installed. Each does the most that it can do with its ordinary options and without rules."""

import os
import shutil
import sys
from pathlib import Path

from timing.captures import BENCH
from timing.contender import Contender, peers_root

NDPI, NFSTREAM, SURICATA = "nDPI", "nfstream", "Suricata"
SURICATA_FOLDERS = ("/etc/suricata", "/usr/local/etc/suricata")
SLOW_PACKETS = 60_000


def installed() -> list[Contender]:
    """Return the peers that can run here."""
    return [peer for peer in _all() if _can_run(peer)]


def names() -> list[str]:
    """Return the names of all peers."""
    return [peer.name for peer in _all()]


def missing() -> list[str]:
    """Return the names of those that cannot."""
    return [peer.name for peer in _all() if not _can_run(peer)]


def _all() -> list[Contender]:
    return [
        _peer(NDPI, "ndpiReader -i {capture} -q -C {folder}/flows.csv"),
        _peer(SURICATA, f"suricata -c {_suricata_file()} -r {{capture}} -l {{folder}} -S /dev/null -k none"),
        Contender(name=NFSTREAM, command=_driven(str(peers_root() / "venv-nfstream/bin/python"), "nfstream")),
        _peer("mercury", "mercury -r {capture} -f {folder}/mercury.json --dns-json --metadata"),
        _peer("tshark", "tshark -r {capture} -n -Y", _TSHARK_FILTER, "-T", "fields", *_TSHARK_FIELDS),
        _peer("argus", "argus -X -r {capture} -w {folder}/argus.out"),
        _peer("nfpcapd", "nfpcapd -r {capture} -w {folder}"),
        _peer("softflowd", "softflowd -r {capture} -n 127.0.0.1:9 -d -c none"),
        Contender(name="dpkt loop", command=_driven(sys.executable, "dpkt")),
        Contender(name="scapy loop", command=_driven(sys.executable, "scapy"), packets_at_most=SLOW_PACKETS),
    ]


_TSHARK_FILTER = "dns||tls.handshake.type==1||http.request||quic"
_TSHARK_FIELDS = [
    part
    for field in ("dns.qry.name", "tls.handshake.extensions_server_name", "http.host", "ip.src", "ip.dst")
    for part in ("-e", field)
]


def _peer(name: str, line: str, *more: str) -> Contender:
    command, *arguments = line.split()
    return Contender(name=name, command=(_where(command) or command, *arguments, *more))


def _driven(python: str, library: str) -> tuple[str, ...]:
    return (python, str(BENCH / "drivers.py"), library, "{capture}", "{folder}/flows.csv")


def _where(command: str) -> str | None:
    """Find a program; many keep theirs where only root looks."""
    folders = [str(peers_root() / "bin"), os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"]
    return shutil.which(command, path=os.pathsep.join(folders))


def _can_run(peer: Contender) -> bool:
    return shutil.which(peer.command[0]) is not None


def _suricata_file() -> Path:
    files = [Path(folder, "suricata.yaml") for folder in SURICATA_FOLDERS]
    return next((file for file in files if file.exists()), files[0])
