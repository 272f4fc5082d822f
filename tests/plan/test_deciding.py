"""What becomes of a row of the plan, decided by frames alone: every act, any order, twice (PLN-03…06)."""
