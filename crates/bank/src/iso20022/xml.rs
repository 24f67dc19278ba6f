//! A strict reader of XML into a small tree of local names.
//!
//! What has no place in a bank's file is refused before anything is made of it: DOCTYPE and with it every entity of its
//! own, processing instructions, other encodings than UTF-8, hostile depth, size and length.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements inside each other at most this deep.
pub const MAX_DEPTH: usize = 32;
/// Elements of one document.
pub const MAX_ELEMENTS: usize = 200_000;
/// Text directly inside one element, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// One element. Not `Debug`: it holds names and account numbers (R37).
#[derive(Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// The attribute `Ccy`, the only one that is read.
    pub(crate) currency: Option<String>,
    /// The text directly inside it, references resolved, CDATA taken in.
    pub(crate) text: String,
    /// The elements inside it, in their order.
    pub(crate) children: Vec<Element>,
}

/// Why bytes are not the XML that we read; never quotes them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct XmlError(String);

fn refused<T>(why: impl Into<String>) -> Result<T, XmlError> {
    Err(XmlError(why.into()))
}

/// Reads exactly one document and gives its root.
pub(crate) fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| XmlError(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.find(|c| !is_xml_char(c)) {
        return refused(format!("a character that XML does not allow at byte {at}"));
    }
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let start = reader.buffer_position();
        let event = reader
            .read_event()
            .map_err(|_| XmlError(format!("not well-formed at byte {}", reader.error_position())))?;
        match event {
            Event::Start(tag) => tree.open(&tag)?,
            Event::Empty(tag) => {
                tree.open(&tag)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(part) => tree.append(part.xml_content(XmlVersion::Implicit1_0))?,
            Event::CData(part) => tree.append_inside(part.xml_content(XmlVersion::Implicit1_0))?,
            Event::GeneralRef(reference) => tree.refer(&reference)?,
            Event::Comment(_) => {}
            Event::Decl(declaration) if start == 0 => check_declaration(&declaration)?,
            Event::Decl(_) => return refused("an XML declaration that is not at the start"),
            Event::PI(_) => return refused("processing instructions are not accepted"),
            Event::DocType(_) => return refused("DOCTYPE is not accepted"),
            Event::Eof => return tree.finish(),
        }
    }
}

/// XML 1.0's `Char`.
fn is_xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    match declaration.version() {
        Ok(version) if *version == *b"1.0" => {}
        _ => return refused("only XML 1.0 is accepted"),
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case(b"UTF-8") => Ok(()),
        Some(_) => refused("only the encoding UTF-8 is accepted"),
    }
}

/// The document as far as it was read.
#[derive(Default)]
struct Tree {
    /// Elements that are open, the innermost last.
    open: Vec<Element>,
    /// Elements read.
    count: usize,
    root: Option<Element>,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlError> {
        if self.open.is_empty() && self.root.is_some() {
            return refused("more than one root element");
        }
        if self.open.len() == MAX_DEPTH {
            return refused(format!("nested deeper than {MAX_DEPTH}"));
        }
        self.count += 1;
        if self.count > MAX_ELEMENTS {
            return refused(format!("more than {MAX_ELEMENTS} elements"));
        }
        let name = str::from_utf8(tag.local_name().into_inner()).unwrap_or_default().to_owned();
        if name.is_empty() {
            return refused("an element without a name");
        }
        self.open.push(Element { name, currency: currency(tag)?, ..Element::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let Some(element) = self.open.pop() else { return refused("an end without a start") };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Text, which outside the root may only be blank.
    fn append<E>(&mut self, text: Result<impl AsRef<str>, E>) -> Result<(), XmlError> {
        match &text {
            Ok(text) if self.open.is_empty() && text.as_ref().trim().is_empty() => Ok(()),
            _ => self.append_inside(text),
        }
    }

    fn append_inside<E>(&mut self, text: Result<impl AsRef<str>, E>) -> Result<(), XmlError> {
        let Ok(text) = text else { return refused("text that can't be read") };
        let Some(element) = self.open.last_mut() else { return refused("text outside the root element") };
        if element.text.len() + text.as_ref().len() > MAX_TEXT {
            return refused(format!("an element's text is longer than {MAX_TEXT} bytes"));
        }
        element.text.push_str(text.as_ref());
        Ok(())
    }

    /// `&amp;` and its four like, and characters by number; nothing else can be known without a DOCTYPE.
    fn refer(&mut self, reference: &BytesRef<'_>) -> Result<(), XmlError> {
        if let Ok(Some(c)) = reference.resolve_char_ref() {
            if !is_xml_char(c) {
                return refused("a character that XML does not allow, by number");
            }
            return self.append_inside(Ok::<_, ()>(c.encode_utf8(&mut [0; 4])));
        }
        let known = reference.decode().ok().and_then(|name| resolve_predefined_entity(&name));
        match known {
            Some(text) => self.append_inside(Ok::<_, ()>(text)),
            None => refused("an entity that is not one of the five of XML"),
        }
    }

    fn finish(self) -> Result<Element, XmlError> {
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => refused("the document ends early"),
        }
    }
}

/// `Ccy`; all attributes are looked at, so that broken or equal ones are refused.
fn currency(tag: &BytesStart<'_>) -> Result<Option<String>, XmlError> {
    let mut found = None;
    for attribute in tag.attributes() {
        let Ok(attribute) = attribute else { return refused("an attribute that is broken or stands twice") };
        let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else {
            return refused("an attribute's value that can't be read");
        };
        if attribute.key.as_ref() == b"Ccy" {
            found = Some(value.trim().to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
