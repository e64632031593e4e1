"""One module for each library. Its `opened(url)` is entered for an `Adapter`."""
