"""The contract of the event queue, tried from outside: edits go in, requests come out."""
