//! Tolls over days, as small bar charts one below the other.
//!
//! Each row has its own scale, as figures of different measures or incidents are never compared. A bound shows: what is
//! certain is filled, what may be up to an upper bound is outlined, and the words of the figure stand above its bar.

use jiff::civil;

use super::canvas::{Anchor, Canvas, DIM, INK, Ink, PAPER, Png, Style, Weight, can_write, width_of};

/// In points of the page. Narrower than the column of a mail at its widest, so that a phone, which shows it at some
/// 340 points, does not make its letters unreadable.
const WIDTH: u32 = 420;
const ROW_HEIGHT: u32 = 118;
const MARGIN: f32 = 14.0;
/// The widest bar, and the widest slot of a day.
const BAR_WIDTH_MAX: f32 = 34.0;
const SLOT_WIDTH_MAX: f32 = 92.0;
/// The height of the highest bar.
const BAR_HEIGHT_MAX: f32 = 46.0;

/// Between two labels.
const LABEL_GAP: f32 = 6.0;
/// A label at least every so many bars, cut if need be.
const LABELS_SKIPPED_MAX: usize = 3;

/// More rows make no chart but a wall.
pub const ROWS_MAX: usize = 3;
/// As many days as a mail's width can label.
pub const DAYS_MAX: usize = 14;

/// The newest figure, the earlier ones, and what lies between a lower and an upper bound.
const NOW: Ink = [0x8a, 0x2f, 0x2a];
const BEFORE: Ink = [0x9b, 0xa3, 0xae];
const AXIS: Ink = [0x8c, 0x91, 0x99];

/// One measure of one incident over days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// "Mykolaiv · strike · killed".
    pub label: String,
    /// One a day, in order of days.
    pub bars: Vec<Bar>,
}

/// A figure as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub day: civil::Date,
    /// "4 Mar".
    pub day_label: String,
    pub low: Option<u64>,
    pub high: Option<u64>,
    /// "at least 12".
    pub label: String,
}

impl Bar {
    /// The height of what is certain, and of all that may be.
    fn extent(&self) -> (u64, u64) {
        let low = self.low.unwrap_or(0);
        (low, self.high.unwrap_or(low).max(low))
    }
}

/// Draws a chart; `None` without a row of two bars, as one figure is no development.
pub fn draw(rows: &[Row]) -> Option<Png> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.bars.len() > 1).take(ROWS_MAX).collect();
    let count = u32::try_from(rows.len()).ok().filter(|count| *count > 0)?;
    let mut canvas = Canvas::new(WIDTH, count * ROW_HEIGHT + 6)?;
    for (index, row) in rows.into_iter().enumerate() {
        draw_row(&mut canvas, row, (index as u32 * ROW_HEIGHT) as f32);
    }
    canvas.finish()
}

fn draw_row(canvas: &mut Canvas, row: &Row, top: f32) {
    let style = |size, weight, ink, anchor| Style { size, weight, ink, anchor };
    let label = fitted(&row.label, 13.0, Weight::Bold, WIDTH as f32 - 2.0 * MARGIN);
    canvas.text(&label, MARGIN, top + 24.0, style(13.0, Weight::Bold, INK, Anchor::Start));
    let bars = &row.bars[row.bars.len().saturating_sub(DAYS_MAX)..];
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return };
    let offset = |day: civil::Date| (day - first.day).get_days().max(0) as f32;
    // Days without a figure keep their place, unless the days are so many that the bars could not be told apart.
    let days = offset(last.day) + 1.0;
    let is_dense = days > DAYS_MAX as f32;
    let slots = if is_dense { bars.len() as f32 } else { days };
    let slot = ((WIDTH as f32 - 2.0 * MARGIN) / slots).min(SLOT_WIDTH_MAX);
    let base = top + ROW_HEIGHT as f32 - 18.0;
    let most = bars.iter().map(|bar| bar.extent().1).max().unwrap_or(0).max(1) as f32;
    // Where bars stand closer than their labels are wide, every second or third is labelled, the last one always.
    let widest = |label: fn(&Bar) -> &str, size| {
        bars.iter().map(|bar| width_of(label(bar), size, Weight::Bold) + LABEL_GAP).fold(0.0, f32::max)
    };
    let every = |width: f32| ((width / slot).ceil().max(1.0) as usize).min(LABELS_SKIPPED_MAX);
    let (every_figure, every_day) = (every(widest(|bar| &bar.label, 12.0)), every(widest(|bar| &bar.day_label, 11.0)));
    for (index, bar) in bars.iter().enumerate() {
        let from_last = bars.len() - 1 - index;
        let place = if is_dense { index as f32 } else { offset(bar.day) };
        let middle = MARGIN + slot * (place + 0.5);
        let width = (slot * 0.56).min(BAR_WIDTH_MAX);
        let (low, high) = bar.extent();
        let height = |number: u64| (number as f32 / most * BAR_HEIGHT_MAX).max(if number > 0 { 1.5 } else { 0.0 });
        let is_now = index + 1 == bars.len();
        let ink = if is_now { NOW } else { BEFORE };
        let left = middle - width / 2.0;
        if high > low {
            canvas.rectangle(left, base - height(high), width, height(high), ink);
            canvas.rectangle(left + 1.5, base - height(high) + 1.5, width - 3.0, height(high) - 1.5, PAPER);
        }
        canvas.rectangle(left, base - height(low), width, height(low), ink);
        if bar.low.is_some() && bar.high.is_none() {
            // "At least": open upwards.
            let y = base - height(low);
            let arrow = [(middle - 4.0, y - 1.0), (middle, y - 5.0), (middle + 4.0, y - 1.0)];
            canvas.line(&arrow, ink, 1.5, None);
        }
        let open = if bar.low.is_some() && bar.high.is_none() { 6.0 } else { 0.0 };
        let weight = if is_now { Weight::Bold } else { Weight::Regular };
        if from_last.is_multiple_of(every_figure) {
            let text = style(12.0, weight, INK, Anchor::Middle);
            let label = fitted(&bar.label, 12.0, weight, slot * every_figure as f32);
            canvas.text(&label, middle, base - height(high) - 5.0 - open, text);
        }
        if from_last.is_multiple_of(every_day) {
            let text = style(11.0, Weight::Regular, DIM, Anchor::Middle);
            let label = fitted(&bar.day_label, 11.0, Weight::Regular, slot * every_day as f32);
            canvas.text(&label, middle, base + 14.0, text);
        }
    }
    let right = MARGIN + slot * slots;
    canvas.line(&[(MARGIN, base), (right, base)], AXIS, 1.0, None);
}

/// A text that the font can write, cut at `width` points.
fn fitted(text: &str, size: f32, weight: Weight, width: f32) -> String {
    let mut out: String = text.chars().filter(|c| can_write(c.encode_utf8(&mut [0; 4]))).collect();
    if width_of(&out, size, weight) <= width {
        return out;
    }
    while !out.is_empty() && width_of(&out, size, weight) + width_of("…", size, weight) > width {
        out.pop();
    }
    if out.chars().any(|c| c != ' ') { format!("{}…", out.trim_end()) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(day: i8, low: Option<u64>, high: Option<u64>, label: &str) -> Bar {
        let day = civil::date(2031, 3, day);
        Bar { day, day_label: day.strftime("%-d %b").to_string(), low, high, label: label.to_owned() }
    }

    fn row(bars: Vec<Bar>) -> Row {
        Row { label: "Mykolaiv · strike · killed".to_owned(), bars }
    }

    #[test]
    fn one_figure_is_no_chart() {
        assert_eq!(draw(&[]), None);
        assert_eq!(draw(&[row(vec![bar(4, Some(5), Some(5), "5")])]), None);
    }

    #[test]
    fn every_bound_and_every_extreme_can_be_drawn() {
        let bars = vec![
            bar(1, Some(0), Some(0), "0"),
            bar(2, None, Some(40), "up to 40"),
            bar(3, Some(12), None, "at least 12"),
            bar(4, None, None, "dozens"),
            bar(5, Some(u64::MAX), Some(u64::MAX), "18,446,744,073,709,551,615"),
            bar(28, Some(9), Some(3), "upside down"),
        ];
        let png = draw(&[row(bars), row((1..=31).map(|day| bar(day, Some(7), Some(9), "7 to 9")).collect())]).unwrap();
        assert_eq!((png.width, png.height), (WIDTH, 2 * ROW_HEIGHT + 6));
    }

    #[test]
    fn a_long_label_ends_in_an_ellipsis_and_unwritable_letters_go() {
        assert!(fitted(&"Сєвєродонецьк ".repeat(20), 13.0, Weight::Bold, 300.0).ends_with('…'));
        assert_eq!(fitted("Gaza (غزة)", 13.0, Weight::Bold, 300.0), "Gaza ()");
    }
}
