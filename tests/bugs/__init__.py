"""Small bugs that are put into the sources one by one, to see whether the tests notice them."""
