"""What is told to whom: notices on the site and mail."""
