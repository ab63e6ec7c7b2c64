"""Commands of the command line that fill a room of their own."""
