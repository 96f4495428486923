"""Redis, Redis Cluster and Redis Sentinel as backends of `flask_caching`."""
