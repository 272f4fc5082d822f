"""The public page behind the QR code of a document (DOC-04)."""
