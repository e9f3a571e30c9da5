"""The live page: HTML, styles and modules of our own, and the routes that serve them."""
