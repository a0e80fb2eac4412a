"""What each kind of event does at the Internet Archive, one module an action."""
