"""Files: what comes in, what goes out, what is printed and kept."""
