"""本人否认: «this was not me» by the link of a message; what it freezes, and who clears it (INV-20)."""
