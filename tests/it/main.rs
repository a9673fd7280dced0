//! One test binary: linking is the slow part.

mod document;
mod drift;
mod grade;
mod simulate;
mod source;
mod store;
<<<<<<< HEAD
=======
mod document;
mod document_fixtures;
>>>>>>> b1e3609 (document: invented fixtures, mangling tests, benchmark beside pubmed_parser, lxml and Biopython)
mod support;
mod web;
