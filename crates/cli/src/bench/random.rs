//! Random numbers that are the same in each run of the program.

/// A linear congruential generator.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new() -> Self {
        Self(1)
    }

    /// A number below `bound`, which is not zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // Numbers of MMIX by Knuth; the high bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// Puts things in another order.
    pub(super) fn shuffle<T>(&mut self, order: &mut [T]) {
        for end in (1..order.len()).rev() {
            order.swap(end, self.below(end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn each_order_has_everything() {
        let (mut order, mut random) = ([0, 1, 2, 3, 4, 5, 6, 7], Random::new());
        let mut orders = std::collections::HashSet::new();
        for _ in 0..100 {
            random.shuffle(&mut order);
            orders.insert(order);
            let mut sorted = order;
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
        assert!(orders.len() > 90, "{} orders", orders.len());
    }
}
