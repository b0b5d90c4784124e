"""The pure room: text and values in, text and values out. No socket, no file, no Nornir, no clock of its own."""
