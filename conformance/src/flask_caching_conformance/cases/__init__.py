"""The catalogue: one module for each group of cases, named by the subject."""
