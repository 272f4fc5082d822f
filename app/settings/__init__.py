"""What each school sets for itself: rules it may vary, its signing calendar, its working days."""
