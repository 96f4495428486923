"""Google Cloud Storage as a backend of `flask_caching`."""
