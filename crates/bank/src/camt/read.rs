//! From the tree to a [`Message`], naming everything that is wrong.

use super::message::{
    Balance, Detail, Direction, Entry, Message, Notification, Refs, Report, Statement, Status,
};
use crate::event::fields::{Faults, clean};
use crate::event::{MAX_FREE_TEXT, MAX_REFERENCE, is_uetr};
use crate::iso20022::node::Node;
use crate::iso20022::xml::Element;
use money::{Currency, Money};

/// The document; `None` with at least one fault.
pub(super) fn message(root: &Element, faults: &mut Faults) -> Option<Message> {
    if root.name != "Document" {
        faults.add("Document".into(), "must be the root element");
        return None;
    }
    let [body] = root.children.as_slice() else {
        faults.add("Document".into(), "must hold one message");
        return None;
    };
    let body = Node::new(body, String::new());
    match body.name() {
        "BkToCstmrDbtCdtNtfctn" => {
            let reports = reports(&body, "Ntfctn", faults)?;
            Some(Message::Notification(Notification { reports }))
        }
        "BkToCstmrStmt" => {
            let reports = reports(&body, "Stmt", faults)?;
            Some(Message::Statement(Statement { reports }))
        }
        _ => {
            faults.add("Document".into(), "must hold BkToCstmrDbtCdtNtfctn or BkToCstmrStmt");
            None
        }
    }
}

/// `None` where one is wrong: all are read, so that all faults are named.
fn reports(body: &Node<'_>, name: &str, faults: &mut Faults) -> Option<Vec<Report>> {
    let nodes = body.all(name);
    if nodes.is_empty() {
        faults.add(name.into(), "is missing");
        return None;
    }
    every(&nodes, faults, report)
}

fn every<T>(
    nodes: &[Node<'_>],
    faults: &mut Faults,
    read: fn(&Node<'_>, &mut Faults) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = nodes.iter().map(|node| read(node, faults)).collect();
    read.into_iter().collect()
}

fn report(node: &Node<'_>, faults: &mut Faults) -> Option<Report> {
    let account_number = account_number(node, faults);
    let currency = node.text_at(&["Acct", "Ccy"]).and_then(|code| Currency::parse(code).ok());
    let period = |name, moment, faults: &mut Faults| {
        let day = node.find(&["FrToDt", name]).or_else(|| node.find(&["FrToDt", moment]));
        day.and_then(|day| day.day(faults))
    };
    let from = period("FrDt", "FrDtTm", faults);
    let to = period("ToDt", "ToDtTm", faults);
    let balances = every(&node.all("Bal"), faults, balance);
    let entries = every(&node.all("Ntry"), faults, entry);
    Some(Report {
        id: node.text_at(&["Id"]).map(|id| clean(id, MAX_REFERENCE)).unwrap_or_default(),
        account_number: account_number?,
        currency,
        from,
        to,
        balances: balances?,
        entries: entries?,
    })
}

fn account_number(node: &Node<'_>, faults: &mut Faults) -> Option<String> {
    let path = || node.path_of("Acct.Id");
    let Some(number) = node.one("Acct", faults).and_then(|account| account.account()) else {
        faults.add(path(), "is missing");
        return None;
    };
    if number.chars().count() > MAX_REFERENCE || number.chars().any(char::is_control) {
        faults.add(
            path(),
            format!("must have at most {MAX_REFERENCE} characters, none of them control characters"),
        );
        return None;
    }
    Some(number.to_owned())
}

fn balance(node: &Node<'_>, faults: &mut Faults) -> Option<Balance> {
    let kind = node
        .code(&["Tp", "CdOrPrtry", "Cd"])
        .or_else(|| node.code(&["Tp", "CdOrPrtry", "Prtry"]))
        .or_else(|| node.code(&["Tp", "Cd"]));
    if kind.is_none() {
        faults.add(node.path_of("Tp"), "is missing");
    }
    let amount = required_amount(node, faults);
    let direction = required_direction(node, faults);
    let date = node.date("Dt", faults);
    Some(Balance { kind: kind?, amount: amount?, direction: direction?, date })
}

fn entry(node: &Node<'_>, faults: &mut Faults) -> Option<Entry> {
    let amount = required_amount(node, faults);
    let direction = required_direction(node, faults);
    let reversal = node.flag("RvslInd", faults);
    let status = status(node, faults);
    let booking_date = node.date("BookgDt", faults);
    let value_date = node.date("ValDt", faults);
    node.one("AcctSvcrRef", faults);
    let nodes: Vec<Node<'_>> = node.all("NtryDtls").iter().flat_map(|group| group.all("TxDtls")).collect();
    let details: Vec<Detail> =
        nodes.iter().map(|node| detail(node, amount.map(|amount| amount.currency()), faults)).collect();
    Some(Entry {
        entry_ref: node.reference(&["NtryRef"]),
        amount: amount?,
        direction: direction?,
        reversal,
        status: status?,
        booking_date,
        value_date,
        reference: node.reference(&["AcctSvcrRef"]),
        details,
    })
}

fn required_amount(node: &Node<'_>, faults: &mut Faults) -> Option<Money> {
    node.required("Amt", faults)?;
    node.amount(&mut Faults::default()).or_else(|| node.amount(faults))
}

fn required_direction(node: &Node<'_>, faults: &mut Faults) -> Option<Direction> {
    let found = node.required("CdtDbtInd", faults)?;
    read_direction(&found, &node.path_of("CdtDbtInd"), faults)
}

fn read_direction(found: &Node<'_>, path: &str, faults: &mut Faults) -> Option<Direction> {
    match found.text() {
        "CRDT" => Some(Direction::Credit),
        "DBIT" => Some(Direction::Debit),
        _ => {
            faults.add(path.to_owned(), "must be CRDT or DBIT");
            None
        }
    }
}

/// Up to .06 the code stands in `Sts` itself, from .08 on in `Sts/Cd`.
fn status(node: &Node<'_>, faults: &mut Faults) -> Option<Status> {
    let found = node.required("Sts", faults)?;
    let code = found.text_at(&["Cd"]).or_else(|| found.text_at(&["Prtry"])).unwrap_or_else(|| found.text());
    match code {
        "" => {
            faults.add(node.path_of("Sts"), "is missing");
            None
        }
        "BOOK" if found.find(&["Prtry"]).is_none() => Some(Status::Booked),
        _ => Some(Status::NotBooked),
    }
}

fn detail(node: &Node<'_>, currency: Option<Currency>, faults: &mut Faults) -> Detail {
    let direction = node
        .one("CdtDbtInd", faults)
        .and_then(|found| read_direction(&found, &node.path_of("CdtDbtInd"), faults));
    let party = |names: &[&str]| node.free_text(&[&["RltdPties", "Dbtr"], names].concat());
    Detail {
        amount: detail_amount(node, currency, faults),
        direction,
        refs: refs(node),
        returned: node.find(&["RtrInf"]).is_some(),
        return_reason: node.find(&["RtrInf"]).and_then(|returned| returned.reason()),
        debtor_name: party(&["Pty", "Nm"])
            .or_else(|| party(&["Nm"]))
            .or_else(|| party(&["Agt", "FinInstnId", "Nm"])),
        debtor_account: node
            .find(&["RltdPties", "DbtrAcct"])
            .and_then(|account| account.account().map(|number| clean(number, MAX_FREE_TEXT))),
        remittance: remittance(node),
    }
}

/// The first amount in the entry's currency, else the first there is. What stands in `AmtDtls` is passed over where it
/// can't be read, since money is never refused for it (R5).
fn detail_amount(node: &Node<'_>, currency: Option<Currency>, faults: &mut Faults) -> Option<Money> {
    let own = node.amount(faults);
    let inside = |name| {
        let mut unread = Faults::default();
        let amount = node.find(&["AmtDtls", name])?.amount(&mut unread);
        amount.filter(|_| unread.is_empty())
    };
    let amounts: Vec<Money> = [own, inside("TxAmt"), inside("CntrValAmt")].into_iter().flatten().collect();
    let same = amounts.iter().find(|amount| Some(amount.currency()) == currency);
    same.or(amounts.first()).copied()
}

fn refs(node: &Node<'_>) -> Refs {
    let get = |name| node.reference(&["Refs", name]);
    Refs {
        bank: get("AcctSvcrRef"),
        payment_information: get("PmtInfId"),
        instruction: get("InstrId"),
        end_to_end: get("EndToEndId"),
        uetr: get("UETR").filter(|text| is_uetr(text)),
        transaction: get("TxId"),
        clearing: get("ClrSysRef"),
    }
}

/// Every `Ustrd`, then every `Strd`'s reference and words, with a space between.
fn remittance(node: &Node<'_>) -> Option<String> {
    let information = node.find(&["RmtInf"])?;
    let mut words: Vec<&str> = information.all("Ustrd").iter().map(Node::text).collect();
    for structured in information.all("Strd") {
        words.extend(structured.text_at(&["CdtrRefInf", "Ref"]));
        words.extend(structured.all("AddtlRmtInf").iter().map(Node::text));
    }
    words.retain(|word| !word.is_empty());
    Some(clean(&words.join(" "), MAX_FREE_TEXT)).filter(|text| !text.is_empty())
}
