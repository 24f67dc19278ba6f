//! `sluice export bop`: a day's balance-of-payments declarations (R43), complete and equal to the ledger, or none at all.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ledger::Exchanged;
use merchants::{MerchantId, MerchantProfile};
use money::{Currency, Money};
use privacy::Keyring;
use rust_decimal::Decimal;
use time::format_description::well_known::Iso8601;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};
use withdrawals::{Declaration, Declared};

use crate::app;
use crate::commands::rfc3339;
use crate::config::Config;

const STEP: i64 = 1_000;
/// No batch takes so long, and no clock is so far off.
const LATEST: Duration = Duration::minutes(10);
const HEADER: [&str; 17] = [
    "declaration_id",
    "event",
    "day",
    "withdrawal_id",
    "merchant_id",
    "declarant_type",
    "declarant_name",
    "direction",
    "origin_country",
    "payee_country",
    "transaction_code",
    "sold_currency",
    "sold_amount",
    "bought_currency",
    "bought_amount",
    "rate",
    "booked_at",
];

/// What is exported, where to.
pub struct Wanted {
    pub date: String,
    pub out: Option<PathBuf>,
    pub so_far: bool,
}

/// Writes the file. A day that is not over, or has only just ended, is refused unless `so_far`; a day whose sums are not the ledger's leaves no
/// file.
///
/// # Errors
/// In words: the day, the database, the file, or what doesn't match.
pub async fn export(config: Config, wanted: Wanted) -> Result<(), String> {
    let day =
        Date::parse(&wanted.date, &Iso8601::DATE).map_err(|_| "--date must be YYYY-MM-DD".to_owned())?;
    let offset = config.limits.offset().unwrap_or(UtcOffset::UTC);
    let span = span(day, offset).ok_or("--date is too far away")?;
    let (rows, sums) = read(&config, day, span, wanted.so_far).await?;
    let csv = written(&rows)?;
    match &wanted.out {
        None => std::io::stdout().write_all(&csv).map_err(|error| error.to_string())?,
        Some(path) => {
            // A file that is there is complete.
            let partial = path.with_extension("partial");
            let keep = || -> std::io::Result<()> {
                let mut file = open_private(&partial)?;
                file.write_all(&csv)?;
                file.sync_all()?;
                std::fs::rename(&partial, path)
            };
            keep().map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    for (code, sum) in &sums {
        eprintln!("{code}: sold {}, bought {}", shown(code, sum.sold), shown(code, sum.bought));
    }
    eprintln!("{} declarations of {day}, equal to the ledger", rows.len());
    Ok(())
}

/// R37: it holds names. Nobody else on the machine may read it.
fn open_private(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn span(day: Date, offset: UtcOffset) -> Option<(OffsetDateTime, OffsetDateTime)> {
    let from = day.with_time(Time::MIDNIGHT).assume_offset(offset);
    Some((from, from.checked_add(Duration::DAY)?))
}

/// A declaration with who declares.
type Row = (Declaration, MerchantProfile);

async fn read(
    config: &Config,
    day: Date,
    span: (OffsetDateTime, OffsetDateTime),
    so_far: bool,
) -> Result<(Vec<Row>, BTreeMap<String, Exchanged>), String> {
    let keyring = Keyring::load(&config.key_file).map_err(|error| error.to_string())?;
    let pool = app::open_patient_pool(config)?;
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let mut conn = pool.get().await.map_err(|error| failed(&error))?;
    let names = pool.get().await.map_err(|error| failed(&error))?;
    let layout = ledger::layout(&conn).await.map_err(|error| failed(&error))?;
    let tx = conn.begin_snapshot().await.map_err(|error| failed(&error))?;
    let now = tx.now().await.map_err(|error| failed(&error))?;
    if now < span.1 && !so_far {
        return Err(format!("{day} is not over: --so-far exports what there is"));
    }
    // A batch has the time of its beginning, and is there for others only once it is committed.
    if now < span.1 + LATEST && !so_far {
        return Err(format!(
            "{day} is over for less than {} minutes: something of it may still be on its way into the \
                            books. --so-far exports what there is",
            LATEST.whole_minutes()
        ));
    }
    let mut declarants: HashMap<MerchantId, MerchantProfile> = HashMap::new();
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let after = rows.last().map(|(last, _)| (last.booked_at, last.id));
        let step = withdrawals::declarations(&tx, day, after, STEP).await.map_err(|error| failed(&error))?;
        if step.is_empty() {
            break;
        }
        for declaration in step {
            let profile = match declarants.entry(declaration.merchant) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(unknown) => {
                    let id = declaration.merchant;
                    let profile = merchants::merchant(&names, &keyring, id).await.map_err(|e| failed(&e))?;
                    unknown.insert(profile.ok_or_else(|| format!("there is no {id}"))?).clone()
                }
            };
            rows.push((declaration, profile));
        }
    }
    let booked = ledger::exchanged(&tx, layout, span).await.map_err(|error| failed(&error))?;
    tx.commit().await.map_err(|error| failed(&error))?;
    let declared = sums(rows.iter().map(|(declaration, _)| declaration));
    compare(&declared, &booked)?;
    Ok((rows, declared))
}

/// Per currency, what was sold and bought less what was undone. What is amended was counted with its conversion.
pub(crate) fn sums<'a>(rows: impl Iterator<Item = &'a Declaration>) -> BTreeMap<String, Exchanged> {
    let mut sums: BTreeMap<String, Exchanged> = BTreeMap::new();
    for row in rows {
        let sign = match row.declared {
            Declared::Conversion => Decimal::ONE,
            Declared::Undone => Decimal::NEGATIVE_ONE,
            Declared::Amended => Decimal::ZERO,
        };
        let signed = |amount: Money| sign * Decimal::from(amount.minor());
        sums.entry(row.net.currency().code().to_owned()).or_default().sold += signed(row.net);
        sums.entry(row.buy.currency().code().to_owned()).or_default().bought += signed(row.buy);
    }
    sums
}

fn compare(
    declared: &BTreeMap<String, Exchanged>,
    booked: &BTreeMap<String, Exchanged>,
) -> Result<(), String> {
    let mut differences = String::new();
    let codes: BTreeSet<&String> = declared.keys().chain(booked.keys()).collect();
    for code in codes {
        let (said, is) =
            (declared.get(code).copied().unwrap_or_default(), booked.get(code).copied().unwrap_or_default());
        for (what, said, is) in [("sold", said.sold, is.sold), ("bought", said.bought, is.bought)] {
            if said != is {
                let (said, is) = (shown(code, said), shown(code, is));
                differences.push_str(&format!("\n  {code} {what}: declared {said}, in the ledger {is}"));
            }
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(format!("not what the ledger says:{differences}")) }
}

/// Major units; what was undone of another day's conversions may be more than what was exchanged.
fn shown(code: &str, minor: Decimal) -> String {
    Currency::parse(code).map_or_else(|_| minor.to_string(), |currency| money::signed(minor, currency))
}

fn written(rows: &[Row]) -> Result<Vec<u8>, String> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(HEADER).map_err(|error| error.to_string())?;
    for (row, declarant) in rows {
        csv.write_record(cells(row, declarant)).map_err(|error| error.to_string())?;
    }
    csv.into_inner().map_err(|error| error.to_string())
}

fn cells(row: &Declaration, declarant: &MerchantProfile) -> [String; 17] {
    [
        row.id.to_string(),
        row.declared.as_str().to_owned(),
        row.day.to_string(),
        row.withdrawal.to_string(),
        row.merchant.to_string(),
        declarant.kind.clone(),
        // The file goes to an authority, which has to know who declares.
        declarant.name.reveal().clone(),
        direction(row).to_owned(),
        row.origin_country.clone().unwrap_or_default(),
        row.payee_country.clone(),
        row.transaction_code.clone(),
        row.net.currency().code().to_owned(),
        row.net.to_string(),
        row.buy.currency().code().to_owned(),
        row.buy.to_string(),
        row.rate.to_string(),
        rfc3339(row.booked_at),
    ]
}

/// From the point of view of the yuan: settled into it, bought with it, or neither.
fn direction(row: &Declaration) -> &'static str {
    if row.buy.currency() == Currency::CNY {
        "settlement"
    } else if row.net.currency() == Currency::CNY {
        "purchase"
    } else {
        "exchange"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r43_a_difference_to_the_ledger_is_named() {
        let exchanged = |sold: i64, bought: i64| Exchanged { sold: sold.into(), bought: bought.into() };
        let booked = BTreeMap::from([
            ("USD".to_owned(), exchanged(9_970, 0)),
            ("CNY".to_owned(), exchanged(0, 70_787)),
        ]);
        assert_eq!(compare(&booked, &booked), Ok(()));
        let mut declared = booked.clone();
        declared.remove("CNY");
        declared.insert("USD".to_owned(), exchanged(-30, 0));
        let error = compare(&declared, &booked).unwrap_err();
        assert!(error.contains("CNY bought: declared 0.00, in the ledger 707.87"), "{error}");
        assert!(error.contains("USD sold: declared -0.30, in the ledger 99.70"), "{error}");
    }

    /// Midnight in Shanghai is 16:00 of the day before in UTC.
    #[test]
    fn r43_a_day_begins_at_the_institution_s_midnight() {
        let day = Date::from_calendar_date(2026, time::Month::November, 24).unwrap();
        let (from, until) = span(day, UtcOffset::from_hms(8, 0, 0).unwrap()).unwrap();
        let utc = |at: OffsetDateTime| rfc3339(at.to_offset(UtcOffset::UTC));
        assert_eq!(utc(from), "2026-11-23T16:00:00Z");
        assert_eq!(utc(until), "2026-11-24T16:00:00Z");
    }
}
