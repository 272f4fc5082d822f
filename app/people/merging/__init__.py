"""Two records of one person or employer become one."""
