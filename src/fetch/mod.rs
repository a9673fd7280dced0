//! A request in, bytes with provenance out: politeness per host, retries, bounded bodies.
