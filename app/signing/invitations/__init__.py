"""Send list, invitation letter, the student's answer → a placement."""
