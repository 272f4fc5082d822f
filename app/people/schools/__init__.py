"""Schools with their colleges and majors."""
