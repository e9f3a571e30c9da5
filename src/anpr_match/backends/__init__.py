"""How the outside is done: one package per technology, strangers to one another."""
