"""Several servers judged in one run: the files that list them, the run, and what is said of all of them."""
