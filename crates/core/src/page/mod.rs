//! What a page may know (being written).
