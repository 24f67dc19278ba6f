//! Whole batches against a database: what commands make of each other, one after the other or in one batch.

mod closing;
mod freezes;
mod imports;
mod judged;
mod one_batch;
mod registration;
mod repayments;
mod repeats;
mod returns;
mod review_returns;
mod world;
