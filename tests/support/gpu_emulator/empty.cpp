// Nothing of its own: the library behind it has all functions.
