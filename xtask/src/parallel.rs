//! The same work on several things at a time, mostly on kernels: much of it uses
//! one processor only.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each of the items, in their order, with as many at a time as
/// there are processors.
///
/// # Panics
/// With the panic of the first item whose work panicked.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take(items, &next) {
            done.push((index, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..processors.min(items.len()))
            .map(|_| scope.spawn(lane))
            .collect();
        let join = |lane: std::thread::ScopedJoinHandle<'_, Vec<_>>| {
            lane.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        lanes.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let squares = super::map(&items, |item| {
            std::thread::sleep(std::time::Duration::from_micros(100 - item));
            item * item
        });
        assert!(squares.into_iter().eq((0..100).map(|item| item * item)));
        assert!(super::map(&[], |_: &u64| ()).is_empty());
    }
}
