use super::plane::Plane;

/// Minimum share of a row's values near its median for a row without a picture.
const FLAT_SHARE: f32 = 0.8;
/// Maximum difference from the median of a value near it.
const NEAR: usize = 8;
/// Minimum difference of two rows' medians at the edge of a picture.
const EDGE: f32 = 10.0;
/// Minimum share of the picture's side that is left.
const MIN_SIDE: f32 = 0.15;

/// The picture without the flat rows and columns around it, as far as it has any: frames, and the bars of a screenshot. Two
/// results are possible, because a picture can itself begin with flat rows: up to the first row that is not flat, and up to the
/// last flat row whose brightness differs from the row before.
pub(super) fn without_frame(picture: &Plane) -> Vec<Plane> {
    let mut found: Vec<Plane> = Vec::new();
    for end_of_frame in [first_content, last_edge] {
        let (top, bottom) = extent(picture, end_of_frame);
        let rows = picture.cut(0, top, picture.width(), bottom - top).transposed();
        let (left, right) = extent(&rows, end_of_frame);
        let is_whole = (top, bottom, left, right) == (0, picture.height(), 0, picture.width());
        let inner = rows.cut(0, left, rows.width(), right - left).transposed();
        if !is_whole && !found.contains(&inner) {
            found.push(inner);
        }
    }
    found
}

/// First row of the picture and first row after it.
fn extent(picture: &Plane, end_of_frame: fn(&[Row]) -> usize) -> (usize, usize) {
    let mut rows: Vec<Row> = picture.rows().map(Row::of).collect();
    let top = end_of_frame(&rows);
    rows.reverse();
    let bottom = rows.len() - end_of_frame(&rows);
    let least = (rows.len() as f32 * MIN_SIDE) as usize;
    if bottom > top + least { (top, bottom) } else { (0, rows.len()) }
}

/// Number of flat rows at the start.
fn first_content(rows: &[Row]) -> usize {
    rows.iter().take_while(|row| row.is_flat).count()
}

/// Number of rows before the last jump in brightness between flat rows; all flat rows if there is no jump.
fn last_edge(rows: &[Row]) -> usize {
    let flat = rows.get(..first_content(rows)).unwrap_or_default();
    let is_edge = |pair: &[Row]| match pair {
        [one, next] => (one.median - next.median).abs() > EDGE,
        _ => false,
    };
    flat.windows(2).rposition(is_edge).map_or(flat.len(), |row| row + 1)
}

struct Row {
    median: f32,
    is_flat: bool,
}

impl Row {
    fn of(values: &[f32]) -> Self {
        let mut counts = [0_usize; 256];
        for value in values {
            if let Some(count) = counts.get_mut(*value as usize) {
                *count += 1;
            }
        }
        let mut seen = 0;
        let median = counts.iter().position(|count| {
            seen += count;
            seen > values.len() / 2
        });
        let median = median.unwrap_or_default();
        let near = counts.get(median.saturating_sub(NEAR)..(median + NEAR + 1).min(256));
        let near: usize = near.unwrap_or_default().iter().sum();
        let is_flat = near as f32 >= FLAT_SHARE * values.len() as f32;
        Self { median: median as f32, is_flat }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn textured(x: usize, y: usize) -> f32 {
        ((x * 37 + y * 91) % 200) as f32
    }

    #[test]
    fn frames_and_bars_are_removed() {
        let framed = Plane::from_fn(120, 200, |x, y| match (x, y) {
            // A status bar with an icon, a bar of another colour, and a margin.
            (100..108, 4..10) => 0.0,
            (_, 0..16) => 240.0,
            (_, 16..50 | 150..) => 20.0,
            (..10 | 110.., _) => 20.0,
            _ => textured(x, y),
        });
        let found = without_frame(&framed);
        let is_inner = |picture: &&Plane| (picture.width(), picture.height()) == (100, 100);
        let inner = found.iter().find(is_inner);
        assert_eq!(inner.map(|inner| inner.pixel(0, 0)), Some(textured(10, 50)));
        assert_eq!(without_frame(&Plane::from_fn(120, 200, textured)), []);
    }

    #[test]
    fn a_picture_that_begins_with_a_flat_sky_keeps_it() {
        let framed = Plane::from_fn(120, 200, |x, y| match y {
            0..30 | 170.. => 0.0,
            30..80 => 200.0,
            _ => textured(x, y),
        });
        let heights: Vec<_> = without_frame(&framed).iter().map(Plane::height).collect();
        assert_eq!(heights, [90, 140]);
    }

    #[test]
    fn a_flat_picture_stays_whole() {
        assert_eq!(without_frame(&Plane::from_fn(50, 50, |_, _| 9.0)), []);
    }
}
