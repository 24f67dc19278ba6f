//! Curves as SVG: a few lines over two axes, nothing that a library would be needed for.

use std::fmt::Write as _;
use std::path::Path;

use crate::Fault;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
/// Around the area of the curves: left, right, top, bottom.
const MARGINS: (f64, f64, f64, f64) = (70.0, 170.0, 40.0, 50.0);
/// Told apart also by those who see few colours (Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/// Smaller values lie on a logarithmic axis' edge.
const LEAST: f64 = 0.1;

/// Curves over a shared pair of axes.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What runs to the right, with its unit.
    pub across: String,
    /// What runs upwards, with its unit.
    pub up: String,
    /// Powers of ten upwards at equal distances.
    pub logarithmic: bool,
    /// Each with its name.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Debug, Clone)]
pub struct Curve {
    /// In the legend.
    pub name: String,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// A curve of this name.
    pub fn new(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        Curve { name: name.to_owned(), points: points.into_iter().collect() }
    }
}

impl Chart {
    /// Writes it to a file.
    ///
    /// # Errors
    /// The file's.
    pub fn save(&self, path: &Path) -> Result<(), Fault> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, self.svg()?).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("drawn: {}", path.display());
        Ok(())
    }

    /// As text.
    ///
    /// # Errors
    /// None.
    pub fn svg(&self) -> Result<String, Fault> {
        let frame = Frame::of(self);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
        );
        text(&mut svg, (MARGINS.0, 24.0), "start", 15, &self.title)?;
        text(&mut svg, (MARGINS.0, HEIGHT - 10.0), "start", 12, &self.across)?;
        text(&mut svg, (8.0, MARGINS.2 - 4.0), "start", 12, &self.up)?;
        frame.grid(&mut svg)?;
        for (number, curve) in self.curves.iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            let points: Vec<String> = curve
                .points
                .iter()
                .map(|point| frame.place(*point))
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
                points.join(" ")
            )?;
            let (x, y) = (WIDTH - MARGINS.1 + 12.0, MARGINS.2 + 8.0 + 20.0 * number as f64);
            writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>")?;
            text(&mut svg, (x + 20.0, y + 6.0), "start", 12, &curve.name)?;
        }
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, size: u32, words: &str) -> Result<(), Fault> {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{words}</text>"
    )?;
    Ok(())
}

/// From values to places.
struct Frame {
    right: f64,
    top: f64,
    logarithmic: bool,
}

impl Frame {
    fn of(chart: &Chart) -> Frame {
        let all = || chart.curves.iter().flat_map(|curve| &curve.points);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let top = most(&mut all().map(|point| point.1));
        Frame {
            right: round_up(most(&mut all().map(|point| point.0))),
            top: if chart.logarithmic { 10_f64.powf(top.max(1.0).log10().ceil()) } else { round_up(top) },
            logarithmic: chart.logarithmic,
        }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (wide, high) = (WIDTH - MARGINS.0 - MARGINS.1, HEIGHT - MARGINS.2 - MARGINS.3);
        let part = if self.logarithmic {
            (y.max(LEAST) / LEAST).log10() / (self.top / LEAST).log10()
        } else {
            y / self.top
        };
        (MARGINS.0 + wide * (x / self.right), MARGINS.2 + high * (1.0 - part.min(1.0)))
    }

    fn grid(&self, svg: &mut String) -> Result<(), Fault> {
        for y in self.ups() {
            let ((left, at), (right, _)) = (self.place((0.0, y)), self.place((self.right, y)));
            writeln!(svg, "<path d=\"M{left:.1} {at:.1}H{right:.1}\" stroke=\"#ddd\"/>")?;
            text(svg, (left - 6.0, at + 4.0), "end", 12, &short(y))?;
        }
        for x in (0..=5).map(|fifth| self.right * f64::from(fifth) / 5.0) {
            let (at, bottom) = self.place((x, 0.0));
            writeln!(svg, "<path d=\"M{at:.1} {bottom:.1}v5\" stroke=\"#888\"/>")?;
            text(svg, (at, bottom + 18.0), "middle", 12, &short(x))?;
        }
        Ok(())
    }

    fn ups(&self) -> Vec<f64> {
        if !self.logarithmic {
            return (0..=5).map(|fifth| self.top * f64::from(fifth) / 5.0).collect();
        }
        std::iter::successors(Some(LEAST), |value| Some(value * 10.0))
            .take_while(|value| *value <= self.top * 1.001)
            .collect()
    }
}

/// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0].into_iter().find(|step| step * power >= value * 0.999);
    step.unwrap_or(10.0) * power
}

/// `25k`, `0.1`
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", (value / 1e5).round() / 10.0),
        value if value >= 1e4 => format!("{}k", (value / 1e2).round() / 10.0),
        value => format!("{}", (value * 100.0).round() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(logarithmic: bool) -> Chart {
        Chart {
            title: "a < b & c".into(),
            across: "per second".into(),
            up: "ms".into(),
            logarithmic,
            curves: vec![
                Curve::new("p50", [(0.0, 0.1), (1000.0, 100.0)]),
                Curve::new("p99", [(1000.0, 1.0)]),
            ],
        }
    }

    #[test]
    fn curves_run_from_corner_to_corner() {
        let svg = chart(true).svg().unwrap();
        assert!(svg.contains("points=\"70.0,370.0 590.0,40.0\""), "{svg}");
        assert!(svg.contains("points=\"590.0,260.0\""), "a third of the decades up: {svg}");
        assert!(chart(false).svg().unwrap().contains("points=\"70.0,369.7 590.0,40.0\""));
    }

    #[test]
    fn words_are_escaped_and_every_element_is_closed() {
        let svg = chart(true).svg().unwrap();
        assert!(svg.contains("a &lt; b &amp; c"), "{svg}");
        let opened = svg.matches("<text").count();
        assert_eq!(opened, svg.matches("</text>").count());
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn axes_end_at_round_values() {
        for (value, end) in
            [(0.0, 1.0), (3.0, 5.0), (10.0, 10.0), (11.0, 20.0), (2400.0, 2500.0), (60.0, 100.0)]
        {
            assert_eq!(round_up(value), end, "{value}");
        }
        assert_eq!(
            (short(25_000.0), short(0.1), short(1_500_000.0)),
            ("25k".into(), "0.1".into(), "1.5M".into())
        );
    }
}
