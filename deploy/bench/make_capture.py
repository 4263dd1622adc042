"""Makes a capture for benchmarks out of a seed, and a file of what is in it. The same arguments give the same bytes.

    make_capture.py OUT.pcap [--mb 300] [--seed 1] [--steady]

OUT.pcap.truth.json holds counts, the beacons, and the names that are visible in one protocol only.
"""

import argparse
import json
import sys
from pathlib import Path

from traffic.layout import Written, write
from traffic.mixes import Traffic, mixed, steady
from traffic.site import Size

TRUTH = ".truth.json"


def main() -> None:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(description="Make a capture for benchmarks out of a seed.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--mb", type=float, default=300, help="about its size (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steady", action="store_true", help="98 %% of the packets in established flows")
    parser.add_argument(
        "--hours", type=float, default=2, help="from first to last packet (default %(default)s)"
    )
    parser.add_argument("--devices", type=int, default=60, help="of the site (default %(default)s)")
    parser.add_argument("--services", type=int, default=600, help="that they use (default %(default)s)")
    args = parser.parse_args()
    size = Size(devices=args.devices, services=args.services, hours=args.hours)
    traffic = (steady if args.steady else mixed)(size, megabytes=args.mb, seed=args.seed)
    written = write(args.out, traffic.columns)
    truth = describe(traffic, written, args.seed)
    Path(f"{args.out}{TRUTH}").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    print(
        f"{args.out}: {written.packets} packets, {written.file_bytes / 1e6:.1f} MB, {traffic.sessions} sessions",
        file=sys.stderr,
    )


def describe(traffic: Traffic, written: Written, seed: int) -> dict[str, object]:
    """Return what is in the capture, for the truth file."""
    return {
        "packets": written.packets,
        "wire_bytes": written.wire_bytes,
        "file_bytes": written.file_bytes,
        "seconds": round(written.seconds, 1),
        "seed": seed,
        "sessions": traffic.sessions,
        "flows_at_least": traffic.columns.flows,
        "established_packets": traffic.columns.bulk_packets,
        "beacons": [beacon._asdict() for beacon in traffic.beacons],
        "names_only_in": traffic.names_only_in,
    }


if __name__ == "__main__":
    main()
