//! Whole batches against a database: what commands make of each other, one after the other or in one batch.

mod charges;
mod closing;
mod declared;
mod freezes;
mod imports;
mod judged;
mod limits;
mod notices;
mod one_batch;
mod registration;
mod repayments;
mod repeats;
mod returned_twice;
mod returns;
mod review_returns;
mod second_person;
mod spelling;
mod unsent_returns;
mod world;
