//! The loop that a trace consists of.

use std::collections::HashMap;
use std::ops::Range;

/// The iterations of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Steady {
    /// Where in the trace each iteration is that is followed by another.
    pub(crate) iterations: Vec<Range<usize>>,
    /// One of those that most are equal to.
    pub(crate) typical: Range<usize>,
    /// How many are equal to it.
    pub(crate) alike: usize,
}

/// Finds the loop with the steps that repeat: those between two executions of
/// the instruction for which the most of the trace consists of equal parts.
/// The part before the first and the part from the last to the end do not count.
/// None if no part is followed by an equal one.
pub(crate) fn find(steps: &[u64]) -> Option<Steady> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, &step) in steps.iter().enumerate() {
        places.entry(step).or_default().push(place);
    }
    let mut best: Option<(usize, Steady)> = None;
    let mut candidates: Vec<Vec<usize>> = places.into_values().collect();
    // Of instructions that serve alike the first one executed is taken.
    candidates.sort();
    for places in candidates.iter().filter(|places| places.len() > 2) {
        let iterations: Vec<Range<usize>> =
            places.windows(2).map(|pair| pair[0]..pair[1]).collect();
        let mut counts: HashMap<&[u64], (usize, Range<usize>)> = HashMap::new();
        for iteration in &iterations {
            let count = counts.entry(&steps[iteration.clone()]);
            // The last of them is the least disturbed by the start.
            let count = count.or_insert((0, iteration.clone()));
            *count = (count.0 + 1, iteration.clone());
        }
        let most = counts.into_values().max_by_key(|(count, range)| {
            // The same for each order of the table.
            (*count * range.len(), range.start)
        });
        let Some((alike, typical)) = most else {
            continue;
        };
        let covered = alike * typical.len();
        if alike > 1 && best.as_ref().is_none_or(|(least, _)| covered > *least) {
            let steady = Steady {
                iterations,
                typical,
                alike,
            };
            best = Some((covered, steady));
        }
    }
    best.map(|(_, steady)| steady)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_outer_loop_is_found() {
        // 1 2 (3 (4 4 4) 5)… 6, in which 4 is an inner loop.
        let mut steps = vec![1, 2];
        for _ in 0..5 {
            steps.extend([3, 4, 4, 4, 5]);
        }
        steps.push(6);
        let steady = find(&steps).expect("there is a loop");
        assert_eq!(steady.typical.len(), 5);
        assert_eq!(steady.alike, 4);
        assert_eq!(steps[steady.typical.start], 3);
    }

    #[test]
    fn an_iteration_that_differs_does_not_count() {
        let mut steps = vec![];
        for turn in 0..8 {
            steps.extend([3, 4, 5]);
            if turn == 4 {
                steps.extend([7, 7, 7]);
            }
        }
        let steady = find(&steps).expect("there is a loop");
        assert_eq!((steady.typical.len(), steady.alike), (3, 6));
        assert_eq!(steady.iterations.len(), 7);
    }

    #[test]
    fn a_unit_of_two_steps_is_one_iteration() {
        // Both take the same loop head, 1.
        let mut steps = vec![];
        for _ in 0..6 {
            steps.extend([1, 2, 3, 1, 5, 6, 7]);
        }
        let steady = find(&steps).expect("there is a loop");
        assert_eq!(steady.typical.len(), 7);
    }

    #[test]
    fn what_does_not_repeat_is_no_loop() {
        assert_eq!(find(&[1, 2, 3, 4]), None);
        assert_eq!(find(&[1, 2, 1, 3]), None);
        assert_eq!(find(&[]), None);
    }
}
