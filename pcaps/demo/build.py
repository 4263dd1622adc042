"""Makes the demo: a day at a small site whose modules phone home while everything else stays quiet.

Addresses of remotes lie in networks of the hosting companies that such services use; which service sits at which
address is made up. Run it to make ``capture.pcap`` again: the same bytes every time.
"""

import gzip
import sys
from pathlib import Path

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_quic import quic_initial  # noqa: E402
from wire_say import mqtt_session, option_query, request, response  # noqa: E402
from wire_tls import tls_session  # noqa: E402

MINUTE, HOUR = 60.0, 3600.0
START = 1_792_281_600.0  # 2026-10-18 00:00 UTC
RESOLVER = "10.20.0.1"
CAMERAS = 30  # VLAN

METER = Host("10.20.0.17", "02:51:00:00:00:17")
CHARGER = Host("10.20.0.21", "02:51:00:00:00:21")
TRACKER = Host("10.20.0.24", "02:51:00:00:00:24")
PUMP = Host("10.20.0.25", "02:51:00:00:00:25")
INVERTER = Host("10.20.0.31", "02:51:00:00:00:31", ip6="2001:db8:20::31")
GATEWAY_BOX = Host("10.20.0.33", "02:51:00:00:00:33")
ROUTER = Host("10.20.0.40", "00:14:3e:51:00:40")  # a prefix of Sierra Wireless
CAMERA = Host("10.20.30.8", "02:51:00:00:30:08", vlan=CAMERAS)
LAPTOP = Host("10.20.0.101", "02:0a:00:00:00:65", ip6="2001:db8:20::65")
PHONE = Host("10.20.0.102", "02:0a:00:00:00:66")
PRINTER = Host("10.20.0.110", "02:0a:00:00:00:6e")
THERMOSTAT = Host("10.20.0.120", "02:0a:00:00:00:78")
EVERYONE = (
    METER,
    CHARGER,
    TRACKER,
    PUMP,
    INVERTER,
    GATEWAY_BOX,
    ROUTER,
    CAMERA,
    LAPTOP,
    PHONE,
    PRINTER,
    THERMOSTAT,
)

FRANKFURT = "47.254.128.40"  # Alibaba Cloud, Germany
FRANKFURT6 = "2a05:d014:1::40"
HANGZHOU = "120.55.12.34"  # Alibaba Cloud, China
SHENZHEN = "121.36.7.8"  # Huawei Cloud, China
HEFEI = "220.180.239.212"  # China Telecom
DUBLIN = "52.208.14.3"  # AWS, Ireland
ASHBURN = "52.94.236.10"  # AWS, United States
SINGAPORE = "8.219.4.20"  # Alibaba Cloud, Singapore


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver=RESOLVER, seed=20)
    meters_and_chargers(wire)
    by_address(wire)
    by_other_ways(wire)
    ordinary_day(wire)
    wire.write(folder / "capture.pcap")


def meters_and_chargers(wire: Wire) -> None:
    """Check-ins, a firmware check and a firmware download in clear HTTP."""
    for hour in range(1, 24, 2):
        at = wire.look_up(hour * HOUR, METER, "iot-south.acceleronix.io", FRANKFURT)
        wire.connection(
            at, METER, FRANKFURT, 1883, *mqtt_session("qdp1meter861234050000017", "q/2/d/qd1/uplink")
        )
    at = wire.look_up(3.2 * HOUR, METER, "cloudota.quectel.com", HANGZHOU)
    question = b'{"version":"EC200UCNAAR03A05M08","imei":"861234050000017","battery":96}'
    answer = b'{"code":200,"action":1,"url":"http://quec-pro-oss.oss-cn-shanghai.aliyuncs.com/fota/EC200U_03A05_03A09.bin"}'
    at = wire.connection(
        at,
        METER,
        HANGZHOU,
        8100,
        ("up", request("POST", "cloudota.quectel.com:8100", "/v1/fota/fw", "QuecPython", question)),
        ("down", response("application/json", answer)),
    )
    at = wire.look_up(at + 4, METER, "quec-pro-oss.oss-cn-shanghai.aliyuncs.com", "47.101.5.6")
    wire.connection(
        at,
        METER,
        "47.101.5.6",
        80,
        (
            "up",
            request(
                "GET",
                "quec-pro-oss.oss-cn-shanghai.aliyuncs.com",
                "/fota/EC200U_03A05_03A09.bin",
                "QuecPython",
            ),
        ),
        ("down", response("application/octet-stream", firmware(wire, 180_000))),
    )
    for hour in (0.5, 12.5):
        at = wire.look_up(hour * HOUR, CHARGER, "iot.openluat.com", SHENZHEN)
        path = "/api/site/firmware_upgrade?project_key=Yt8aK2&imei=867488060000021&firmware_name=CHARGER_LUAT&version=2.1.7"
        status = response("application/json", b'{"code":27,"msg":"already the latest version"}')
        wire.connection(
            at,
            CHARGER,
            SHENZHEN,
            80,
            ("up", request("GET", "iot.openluat.com", path, "LuatOS")),
            ("down", status),
        )
    at = wire.look_up(6.1 * HOUR, TRACKER, "lbs-simcom.com", HEFEI)
    wire.connection(
        at,
        TRACKER,
        HEFEI,
        3002,
        ("up", bytes.fromhex("0a1b0c") + b"867000030000024,460,0,28730,20736"),
        ("down", b"0,31.8206,117.2272"),
    )


def by_address(wire: Wire) -> None:
    """Hard-coded addresses: no name is asked for, so blocking by name would miss them."""
    for hour in (2, 8, 14, 20):
        wire.connection(
            hour * HOUR + 120,
            PUMP,
            "106.14.246.239",
            1883,
            *mqtt_session("qdp1pump861234050000025", "q/2/d/qd2/uplink"),
        )
    for hour in range(24):
        wire.datagrams(
            hour * HOUR + 300,
            CHARGER,
            "47.94.236.172",
            12388,
            ("up", b"\x55\xaa\x01" + wire.random.randbytes(45)),
        )


def by_other_ways(wire: Wire) -> None:
    """TLS, QUIC, IPv6, LwM2M and a VLAN."""
    for hour in (4, 10, 16, 22):
        at = wire.look_up(hour * HOUR, INVERTER, "iot-south.acceleronix.io", FRANKFURT6)
        wire.connection(
            at, INVERTER, FRANKFURT6, 8883, *tls_session(wire.random, "iot-south.acceleronix.io", 900, 400)
        )
    at = wire.look_up(5.5 * HOUR, GATEWAY_BOX, "core.acceleronix.io", SINGAPORE)
    wire.datagrams(
        at,
        GATEWAY_BOX,
        SINGAPORE,
        443,
        ("up", quic_initial("core.acceleronix.io", wire.random)),
        *[("down", b"\x4a" + wire.random.randbytes(1000)) for _ in range(6)],
        ("up", b"\x4a" + wire.random.randbytes(60)),
    )
    for hour in range(0, 24, 4):
        at = wire.look_up(
            hour * HOUR + 900, ROUTER, "na.airvantage.net", ASHBURN, alias="edge.na.airvantage.net"
        )
        wire.connection(at, ROUTER, ASHBURN, 8883, *tls_session(wire.random, "na.airvantage.net", 1500, 700))
    at = wire.look_up(0.1 * HOUR, ROUTER, "bs.airvantage.net", "52.208.77.9")
    register = b"\x48\x02\x10\x01" + bytes(8) + b"\xb2bs" + option_query(b"ep=urn:imei:353270040000040")
    wire.datagrams(
        at, ROUTER, "52.208.77.9", 5683, ("up", register), ("down", b"\x68\x44\x10\x01" + bytes(8))
    )
    for hour in (7, 19):
        at = wire.look_up(hour * HOUR, CAMERA, "xtrapath1.izatcloud.net", DUBLIN)
        orbits = response("application/octet-stream", wire.random.randbytes(9_000))
        wire.connection(
            at,
            CAMERA,
            DUBLIN,
            80,
            ("up", request("GET", "xtrapath1.izatcloud.net", "/xtra3grc.bin", "A/10/camera")),
            ("down", orbits),
        )


def ordinary_day(wire: Wire) -> None:
    """What the same network does besides: leases, time, names, a printer that announces itself, people at work."""
    for number, host in enumerate(EVERYONE):
        lease(wire, 5.0 + 7 * number, host)
        for hour in range(0, 24, 6):
            at = wire.look_up(hour * HOUR + 40 * number + 60, host, "2.debian.pool.ntp.org", "162.159.200.1")
            wire.datagrams(
                at,
                host,
                "162.159.200.1",
                123,
                ("up", b"\x23\x00\x06\xec".ljust(48, b"\0")),
                ("down", b"\x24\x03\x06\xec".ljust(48, b"\1")),
                source=123,
            )
    visits = (
        ("www.wikipedia.org", "185.15.59.224"),
        ("github.com", "140.82.112.3"),
        ("news.ycombinator.com", "209.216.230.240"),
        ("www.bbc.co.uk", "212.58.244.1"),
        ("outlook.office365.com", "13.107.42.14"),
        ("www.debian.org", "151.101.2.132"),
    )
    for turn in range(40):
        host = (LAPTOP, PHONE)[turn % 2]
        name, address = visits[turn % len(visits)]
        at = wire.look_up(8 * HOUR + turn * 13 * MINUTE, host, name, address)
        if turn % 4 == 3:
            wire.datagrams(
                at,
                host,
                address,
                443,
                ("up", quic_initial(name, wire.random)),
                *[("down", b"\x4a" + wire.random.randbytes(1100)) for _ in range(4)],
            )
        else:
            wire.connection(at, host, address, 443, *tls_session(wire.random, name, 700, 12_000))
    at = wire.look_up(9 * HOUR, LAPTOP, "deb.debian.org", "151.101.2.132")
    archive = gzip.compress(wire.random.randbytes(30_000), mtime=0)
    wire.connection(
        at,
        LAPTOP,
        "151.101.2.132",
        80,
        (
            "up",
            request(
                "GET",
                "deb.debian.org",
                "/debian/pool/main/h/hello/hello_2.10.orig.tar.gz",
                "Debian APT-HTTP/1.3",
            ),
        ),
        ("down", response("application/x-gzip", archive)),
    )
    for hour in range(0, 24, 1):
        at = wire.look_up(hour * HOUR + 200, THERMOSTAT, "mqtt.example-home.net", "34.240.10.20")
        wire.connection(
            at, THERMOSTAT, "34.240.10.20", 8883, *tls_session(wire.random, "mqtt.example-home.net", 300, 200)
        )
        announce = Ether(src=PRINTER.mac, dst="01:00:5e:7f:ff:fa") / IP(
            src=PRINTER.ip, dst="239.255.255.250", ttl=2
        )
        notify = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:printer::upnp:rootdevice\r\nLOCATION: http://10.20.0.110/d.xml\r\nSERVER: Linux UPnP/1.0 Printer/1.0\r\n\r\n"
        wire.put(hour * HOUR + 17, announce / UDP(sport=1900, dport=1900) / Raw(notify))
        wire.put(
            hour * HOUR + 18,
            Ether(src=PRINTER.mac, dst="ff:ff:ff:ff:ff:ff")
            / ARP(hwsrc=PRINTER.mac, psrc=PRINTER.ip, pdst=RESOLVER),
        )


def lease(wire: Wire, at: float, host: Host) -> None:
    """DHCP request and acknowledgement (RFC 2131)."""
    number, hardware = wire.random.getrandbits(32), bytes.fromhex(host.mac.replace(":", ""))
    name = f"host-{host.ip.rsplit('.', 1)[1]}"
    ask = BOOTP(chaddr=hardware, xid=number) / DHCP(
        options=[("message-type", "request"), ("requested_addr", host.ip), ("hostname", name), "end"]
    )
    give = BOOTP(op=2, yiaddr=host.ip, chaddr=hardware, xid=number) / DHCP(
        options=[("message-type", "ack"), ("lease_time", 86400), "end"]
    )
    blank = Host("0.0.0.0", host.mac, host.vlan)  # noqa: S104 - the address of a host that has none yet
    wire.put(at, wire.packet(blank, "255.255.255.255", UDP(sport=68, dport=67) / ask))
    wire.put(at + 0.01, wire.packet(host, RESOLVER, UDP(sport=67, dport=68) / give, up=False))


def firmware(wire: Wire, size: int) -> bytes:
    """Return something that begins as a U-Boot image does (legacy header, magic 27051956)."""
    return bytes.fromhex("27051956") + wire.random.randbytes(size - 4)


if __name__ == "__main__":
    main()
