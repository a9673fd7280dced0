//! `Draft` and `Document` in, `Accepted` or `Rejected` out, by stages from cheap to dear.
