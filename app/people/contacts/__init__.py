"""Changed ways in: held, confirmed, taken back; the person's own page of its sign-in."""
