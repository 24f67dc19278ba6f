//! The strict JSON reader accepts nothing that serde_json refuses, and reads the same texts.

#![no_main]

use bank::json::{self, Json};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(read) = json::parse(bytes) {
        let theirs: Value = serde_json::from_slice(bytes).expect("accepted what serde_json refuses");
        assert!(same(&read, &theirs));
    }
});

fn same(ours: &Json<'_>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Json::Null, Value::Null) | (Json::Number, Value::Number(_)) => true,
        (Json::Bool(ours), Value::Bool(theirs)) => ours == theirs,
        (Json::Text(ours), Value::String(theirs)) => ours == theirs,
        (Json::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Json::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().all(|(key, ours)| theirs.get(&**key).is_some_and(|theirs| same(ours, theirs)))
        }
        _ => false,
    }
}
