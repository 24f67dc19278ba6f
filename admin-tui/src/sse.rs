//! Server-sent events, put together from whatever pieces the network delivers.

/// More of one event is not taken.
const LONGEST: usize = 4 << 20;

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Event(Event),
    /// A comment: somebody is there.
    Beat,
}

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: String,
}

/// Takes pieces, gives events.
#[derive(Debug, Default)]
pub struct Reader {
    rest: Vec<u8>,
    event: Event,
    has_data: bool,
}

impl Reader {
    /// What this piece completes.
    ///
    /// # Errors
    /// In words, for what is no stream of events.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Heard>, String> {
        self.rest.extend_from_slice(piece);
        let mut heard = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = std::str::from_utf8(line).map_err(|_| "the stream is not UTF-8".to_owned())?;
            heard.extend(self.line(line));
        }
        if self.rest.len() + self.event.data.len() > LONGEST {
            return Err("an event of the stream is too long".to_owned());
        }
        Ok(heard)
    }

    fn line(&mut self, line: &str) -> Option<Heard> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            let complete = std::mem::take(&mut self.has_data);
            return complete.then_some(Heard::Event(event));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "" => return Some(Heard::Beat),
            "event" => value.clone_into(&mut self.event.name),
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, id: Option<&str>, data: &str) -> Heard {
        Heard::Event(Event { name: name.to_owned(), id: id.map(str::to_owned), data: data.to_owned() })
    }

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let text = "event: hello\nid: c1\ndata: {\"cursor\":\"c1\"}\n\n: beat\r\n\r\nevent:changed\nid:c2\ndata:{}\r\n\r\nretry: 5\n\ndata: a\ndata:  b\n\n";
        let expected = [
            event("hello", Some("c1"), "{\"cursor\":\"c1\"}"),
            Heard::Beat,
            event("changed", Some("c2"), "{}"),
            event("", None, "a\n b"),
        ];
        for size in 1..text.len() {
            let mut reader = Reader::default();
            let heard: Vec<Heard> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| reader.push(piece).expect("a stream"))
                .collect();
            assert_eq!(heard, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_stream_is_said_and_not_kept() {
        assert!(Reader::default().push(b"data: \xff\n\n").is_err());
        let mut reader = Reader::default();
        let endless = vec![b'x'; 1 << 20];
        assert!((0..6).any(|_| reader.push(&endless).is_err()), "without an end of line");
        let mut reader = Reader::default();
        let line = [b"data: ".as_slice(), &endless, b"\n"].concat();
        assert!((0..6).any(|_| reader.push(&line).is_err()), "without an end of the event");
    }
}
