"""The HTTP interface: resources declared as data, and the generic code that serves them."""
