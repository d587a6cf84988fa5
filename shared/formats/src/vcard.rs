//! vCards: electronic business cards.

pub mod writer;
