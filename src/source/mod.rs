//! A cursor in, the article versions an archive posted since out. Owns each archive's wire shapes and traps.
