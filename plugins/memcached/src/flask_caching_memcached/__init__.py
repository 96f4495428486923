"""memcached as a backend of `flask_caching`."""
