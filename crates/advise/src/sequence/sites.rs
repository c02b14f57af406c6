//! What the arguments at a call site were, each time.

use lru::LruCache;

use super::evidence::Evidence;

/// So many call sites are remembered.
const LIMIT: usize = 1 << 12;
/// An argument that was another this often is no constant: once in so many times.
const STEADY: u64 = 8;
/// So many texts in a row lie one behind the other in a list.
const LIST: u32 = 4;

/// An argument of a call site.
#[derive(Debug, Clone, Copy, Default)]
struct Values {
    /// What it was last.
    last: u64,
    /// By how much it differed from the one before, and how often in a row.
    difference: u64,
    strides: u32,
    /// How often it was another than before.
    changes: u64,
    /// How often in a row it was greater than before.
    rising: u32,
}

/// A call site.
#[derive(Debug, Clone, Copy, Default)]
struct Site {
    /// How often it was there.
    times: u64,
    values: [Values; 6],
}

/// The call sites of a thread.
#[derive(Debug)]
pub(super) struct Sites {
    sites: LruCache<u64, Site>,
}

impl Default for Sites {
    fn default() -> Self {
        // A cache with a limit takes its memory at once; most threads have few sites.
        Self {
            sites: LruCache::unbounded(),
        }
    }
}

impl Sites {
    /// A call was made at a site.
    pub(super) fn called(&mut self, site: u64, arguments: &[u64; 6]) {
        let site = self.sites.get_or_insert_mut(site, Site::default);
        for (values, &now) in site.values.iter_mut().zip(arguments) {
            if site.times > 0 {
                let difference = now.wrapping_sub(values.last);
                values.strides = if difference == values.difference {
                    values.strides.saturating_add(1)
                } else {
                    0
                };
                values.difference = difference;
                values.changes += u64::from(difference != 0);
                values.rising = if now > values.last {
                    values.rising.saturating_add(1)
                } else {
                    0
                };
            }
            values.last = now;
        }
        site.times += 1;
        if self.sites.len() > LIMIT {
            self.sites.pop_lru();
        }
    }

    /// What shows that a number at this site was known before.
    pub(super) fn evidence(&mut self, site: u64, index: usize, now: u64) -> Option<Evidence> {
        let site = self.sites.get(&site)?;
        let values = site.values.get(index)?;
        if now == values.last {
            return (values.changes * STEADY <= site.times).then_some(Evidence::Constant);
        }
        let is_stride = values.strides > 0
            && values.difference != 0
            && now.wrapping_sub(values.last) == values.difference;
        is_stride.then_some(Evidence::Stride)
    }

    /// Whether the argument was this the last time.
    pub(super) fn is_last(&mut self, site: u64, index: usize, now: u64) -> bool {
        let site = self.sites.get(&site);
        site.is_some_and(|site| site.values[index].last == now)
    }

    /// Whether the texts that this argument points to lie one behind the other.
    pub(super) fn is_list(&mut self, site: u64, index: usize, now: u64) -> bool {
        self.sites
            .get(&site)
            .is_some_and(|site| site.values[index].rising >= LIST && now > site.values[index].last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(values: &[u64]) -> Sites {
        let mut sites = Sites::default();
        for &value in values {
            sites.called(1, &[value; 6]);
        }
        sites
    }

    #[test]
    fn a_number_is_a_constant_from_the_second_time_on() {
        assert_eq!(after(&[]).evidence(1, 0, 5), None);
        assert_eq!(after(&[5]).evidence(1, 0, 5), Some(Evidence::Constant));
        assert_eq!(after(&[5, 6]).evidence(1, 0, 6), None);
        let rare = [5, 5, 5, 5, 5, 6, 6, 6];
        assert_eq!(after(&rare).evidence(1, 0, 6), Some(Evidence::Constant));
    }

    #[test]
    fn a_stride_is_seen_twice() {
        assert_eq!(after(&[10, 20]).evidence(1, 0, 30), None);
        let twice = after(&[10, 20, 30]);
        let mut sites = twice;
        assert_eq!(sites.evidence(1, 0, 40), Some(Evidence::Stride));
        assert_eq!(sites.evidence(1, 0, 41), None);
    }

    #[test]
    fn texts_of_a_list_lie_one_behind_the_other() {
        assert!(!after(&[10, 30, 35, 70]).is_list(1, 0, 90));
        assert!(after(&[10, 30, 35, 70, 80]).is_list(1, 0, 90));
        assert!(!after(&[10, 30, 35, 70, 80]).is_list(1, 0, 80));
        assert!(!after(&[10, 30, 35, 20, 80]).is_list(1, 0, 90));
    }
}
