"""The Loader protocol, and how the files that a loader reads are opened and fetched."""
