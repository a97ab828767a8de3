"""The ports on AWS. One module owns the keys of a table or the prefixes of a bucket."""
