//! How long the arrows of a graph are together, before anything is placed.
//!
//! The layout puts a place into each row that an arrow passes. A few hundred arrows past hundreds
//! of rows are a hundred thousand places: known here in no time, and there after many seconds.

use super::ArrowToRoute;

/// Rows that all arrows pass together, in a graph of this many boxes.
pub(super) fn rows_passed(count: usize, arrows: &[ArrowToRoute]) -> usize {
    let order = order(count, arrows);
    let place = |index: usize| order.get(index).copied();
    // Arrows that lead back are laid out from their end to their start.
    let mut forward: Vec<(usize, usize)> = arrows
        .iter()
        .filter_map(|arrow| Some((place(arrow.from)?, place(arrow.to)?)))
        .map(|(from, to)| (from.min(to), from.max(to)))
        .filter(|(from, to)| from != to)
        .collect();
    forward.sort_unstable();
    let mut rows = vec![0_usize; count];
    for &(from, to) in &forward {
        let after = rows.get(from).map_or(0, |row| row + 1);
        if let Some(row) = rows.get_mut(to) {
            *row = after.max(*row);
        }
    }
    let row = |index: usize| rows.get(index).copied().unwrap_or_default();
    forward.iter().map(|&(from, to)| row(to) - row(from)).sum()
}

/// The place of each box in an order in which as many arrows as a walk finds lead forward.
fn order(count: usize, arrows: &[ArrowToRoute]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for arrow in arrows.iter().rev().filter(|arrow| arrow.to < count) {
        if let Some(list) = next.get_mut(arrow.from) {
            list.push(arrow.to);
        }
    }
    let mut order = vec![0; count];
    let mut seen = vec![false; count];
    let mut left = count;
    for start in 0..count {
        let mut path = vec![start];
        while let Some(&index) = path.last() {
            if let Some(seen) = seen.get_mut(index) {
                *seen = true;
            }
            let on = next.get_mut(index).and_then(Vec::pop);
            match on {
                Some(to) if !seen.get(to).copied().unwrap_or(true) => path.push(to),
                Some(_) => {}
                None => {
                    path.pop();
                    // A start that was seen before has its place.
                    if let Some(place) = order.get_mut(index).filter(|place| **place == 0) {
                        *place = left;
                        left = left.saturating_sub(1);
                    }
                }
            }
        }
    }
    order.into_iter().map(|place| place.saturating_sub(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(count: usize, pairs: &[(usize, usize)]) -> usize {
        let arrows =
            pairs.iter().map(|&(from, to)| ArrowToRoute { from, to, ..ArrowToRoute::default() });
        rows_passed(count, &arrows.collect::<Vec<_>>())
    }

    #[test]
    fn an_arrow_passes_as_many_rows_as_there_are_steps_on_the_longest_way() {
        assert_eq!(passed(0, &[]), 0);
        assert_eq!(passed(3, &[(0, 1), (1, 2)]), 2);
        assert_eq!(passed(3, &[(0, 2), (0, 1), (1, 2)]), 4, "the first one passes the second box");
        assert_eq!(passed(3, &[(0, 1), (1, 2), (2, 0)]), 4, "back over two rows");
        assert_eq!(passed(2, &[(1, 0), (0, 0), (1, 7)]), 1);
    }
}
