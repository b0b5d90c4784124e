"""The only room that touches the network: one Nornir task, and the parts of it, one verb per file."""
