//! HTTP: the JSON API, metrics and the pages.
