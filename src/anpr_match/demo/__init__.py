"""What `anpr-match demo` does: the whole service, and Operation Astare at its doors."""
