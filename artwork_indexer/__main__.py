"""``python -m artwork_indexer`` is the same program as ``artwork-indexer``."""

from artwork_indexer.cli.main import main

main()
