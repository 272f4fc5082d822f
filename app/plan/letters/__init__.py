"""Archive forwarding letters (档案转递单): numbered, printed in bulk, tracked (PLN-10)."""
