"""What the user sees: the terminal commands and the web page."""
