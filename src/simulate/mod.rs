//! Archives on loopback with invented articles, a shared clock, and faults on request.
