//! What a clause says: predicate, who, whom, how many, where, when.
