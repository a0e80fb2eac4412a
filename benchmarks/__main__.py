"""``make bench``: measure, and print each figure beside what it is meant to be.

Absolute figures depend on the machine; the comparisons are made within one run.
Name measurements to run only those: ``python -m benchmarks latency claiming``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from artwork_indexer.sandbox.postgres import running
from benchmarks import (
    audit_claiming,
    auditing,
    claiming,
    draining,
    img129,
    latency,
    scraping,
    seeding,
)

MEASUREMENTS = {
    "latency": latency.run,
    "claiming": claiming.run,
    "draining": draining.run,
    "audit_claiming": audit_claiming.run,
    "auditing": auditing.run,
    "seeding": seeding.run,
    "img129": img129.run,
    "scraping": scraping.run,
}


def main(wanted: list[str]) -> int:
    """Run the measurements."""
    unknown = set(wanted) - set(MEASUREMENTS)
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. There are {', '.join(MEASUREMENTS)}.")
        return 2
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}", flush=True)
    with running() as server, tempfile.TemporaryDirectory() as directory:
        for name in wanted or MEASUREMENTS:
            for line in MEASUREMENTS[name](server, Path(directory)):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
