//! What every reader of ISO 20022 messages here starts from: strict XML as a tree of local names, and fields read out of
//! it with their paths.

pub(crate) mod node;
pub(crate) mod xml;
