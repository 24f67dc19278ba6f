//! What a statement costs: which indices it goes by, and how many rows it reads.

use pg::Connection;

/// What PostgreSQL did to carry a statement out.
#[derive(Debug)]
pub struct Plan {
    text: String,
}

/// Carries a statement out with these parameters, written as SQL (empty: it has none), under the plan that serves any parameters.
///
/// # Panics
/// When it can't be carried out.
pub async fn plan(conn: &Connection, sql: &str, parameters: &str) -> Plan {
    let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE looked_into AS {sql}");
    conn.batch_execute(&prepare).await.expect("prepared");
    let given = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
    let explain = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE looked_into {given}");
    let rows = conn.query(explain.leak(), &[]).await.expect("explained");
    conn.batch_execute("DEALLOCATE looked_into; RESET plan_cache_mode").await.expect("given back");
    Plan { text: rows.iter().map(|row| format!("{}\n", row.get::<_, &str>(0))).collect() }
}

impl Plan {
    /// As PostgreSQL writes it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Rows of tables and indices that were read, those among them that were thrown away.
    pub fn reads(&self) -> u64 {
        let (mut reads, mut scanning) = (0, None);
        for line in self.text.lines() {
            let node = line.trim_start().trim_start_matches("->").trim_start();
            let removed = node.strip_prefix("Rows Removed by ").and_then(|rest| rest.split(": ").nth(1));
            if let (Some(loops), Some(removed)) = (scanning, removed) {
                reads += loops * number(removed);
            } else if let Some((_, actual)) = line.split_once("(actual rows=") {
                let (rows, loops) = actual.split_once(" loops=").expect("rows and loops");
                scanning = is_scan(node).then(|| number(loops));
                reads += scanning.map_or(0, |loops| loops * number(rows));
            }
        }
        reads
    }

    /// That it goes by these indices, reads no table from end to end, and not more than so many rows.
    ///
    /// # Panics
    /// When it does not.
    pub fn goes_by(&self, indices: &[&str], most: u64) {
        let through =
            self.text.lines().any(|line| line.contains("Seq Scan on") && !line.contains("never executed"));
        let missing: Vec<_> = indices.iter().filter(|index| !self.text.contains(**index)).collect();
        let reads = self.reads();
        assert!(
            !through && missing.is_empty() && reads <= most,
            "{reads} rows, without {missing:?}:\n{}",
            self.text
        );
    }
}

/// Whether rows come out of a table or an index here.
fn is_scan(node: &str) -> bool {
    ["Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"]
        .iter()
        .any(|scan| node.starts_with(scan))
}

/// The digits that a text begins with.
fn number(text: &str) -> u64 {
    let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_where_they_are_read() {
        let text = "Limit (actual rows=5 loops=1)
  ->  Nested Loop (actual rows=5 loops=1)
        ->  CTE Scan on wanted (actual rows=3 loops=1)
              Filter: (n = 1)
              Rows Removed by Filter: 4
        ->  Index Scan using things_by_time on things (actual rows=2 loops=3)
              Index Cond: (id = wanted.id)
              Rows Removed by Filter: 10
        ->  Index Scan Backward using others on other (never executed)
        ->  Seq Scan on small (actual rows=7.00 loops=1)\n";
        let plan = Plan { text: text.to_owned() };
        assert_eq!(plan.reads(), 2 * 3 + 10 * 3 + 7);
    }
}
