"""Documents: frozen content → PDF/A-2a, PDF/UA-1 bytes → PAdES signature → a file.

The same content and the same key give the same bytes, so a document can always be made again.
"""
