//! The one integration binary.

/// Text → claims: total, and true to its spans.
mod extraction;
