"""The umbrella record of every destination; the school's reviews; the review desk."""
