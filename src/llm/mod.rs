//! Language models behind one trait, with a durable call cache and a cost ledger.
