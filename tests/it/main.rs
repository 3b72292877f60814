//! The one integration binary. What belongs where:

/// Given claims → what the digest and its message say. No I/O.
mod digest;
