"""Official code tables with editions, and regions."""
