"""Training of the reader: data, network, loop and export. Not needed to use the program."""
