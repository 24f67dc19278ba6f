use super::*;

fn shape(element: &Element) -> String {
    let inner: String = element.children.iter().map(shape).collect();
    format!("{}[{}{inner}]", element.name, element.text.trim())
}

#[test]
fn local_names_text_references_and_cdata_are_read() {
    let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c -->\n<a:R xmlns:a=\"u\"><b> x&amp;y&#65; </b>\
                <c Ccy=\" USD \"/><d><![CDATA[<z>]]></d></a:R>\n";
    let root = parse(text.as_bytes()).unwrap();
    assert_eq!(shape(&root), "R[b[x&yA]c[]d[<z>]]");
    assert_eq!(root.children[1].currency.as_deref(), Some("USD"));
}

#[test]
fn what_has_no_place_in_a_banks_file_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(MAX_DEPTH + 1), "</a>".repeat(MAX_DEPTH + 1));
    let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
    let long = format!("<a>{}</a>", "x".repeat(MAX_TEXT + 1));
    let bomb = "<!DOCTYPE a [<!ENTITY x \"yyyy\"><!ENTITY z \"&x;&x;\">]><a>&z;</a>";
    for text in [
        "",
        " ",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "x<a/>",
        "<a/>x",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<!DOCTYPE a><a/>",
        bomb,
        "<a><?php x?></a>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b=1/>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
        "<?xml version=\"1.1\"?><a/>",
        "{}",
        "<a>\u{1}</a>",
        deep.as_str(),
        wide.as_str(),
        long.as_str(),
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{}", &text[..text.len().min(60)]);
    }
    assert!(parse(b"<a>\xff</a>").is_err());
}
