#![doc = include_str!("../README.md")]

mod key_file;
mod keyring;
mod mask;
mod normalise;
mod sensitive;

pub use key_file::KeyError;
pub use keyring::{KeyMark, Keyring, OpenError};
pub use mask::{mask_account_number, mask_email, mask_mobile, mask_name, shown_end};
pub use normalise::{normalise_account_number, normalise_name};
pub use sensitive::Sensitive;
