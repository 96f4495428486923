"""uWSGI's cache as a backend of `flask_caching`."""
