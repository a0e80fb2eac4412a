"""``python -m artwork_indexer`` is the same program as ``artwork-indexer``."""

import sys
from typing import Final

INTERRUPTED: Final = 130
"""That of the command line, which cannot be asked for it before it is loaded."""


def main() -> None:
    """Run the command line; ends the process."""
    try:
        # Most of the time that a short command takes goes by here; Ctrl-C is heard as later on.
        from artwork_indexer.cli.main import guarded  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(guarded())


if __name__ == "__main__":
    main()
