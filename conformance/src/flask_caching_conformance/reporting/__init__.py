"""What came of a run: records, levels, and the pages that show them."""
