"""催办 and 代审: reminding whom a record waits for, and deciding in a college's place (AGR-17)."""
