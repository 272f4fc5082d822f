"""Stands before the library of that name, which comes with a tool of ours (cyclonedx-bom), not with the product.

Whoever imports jsonschema, as Flask-AppBuilder does, would build its grammars: a second of each process.
"""

raise ImportError("the tests go without it, as the product does")
