"""Near-duplicates: MinHash signatures that datasketch reads, LSH, exact checks, groups."""
