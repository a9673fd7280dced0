//! What several tests share: `../shared`, builders, the program under test.
