//! Bytes in, `Document` and `ParseIssue`s out: JATS and PubMed XML, bounded in size, depth and time.
