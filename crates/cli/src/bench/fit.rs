//! A line through what was measured, and how far it can be trusted.

use super::measure::median;
use super::random::Random;

/// How many times the rounds are drawn again for the errors.
const RESAMPLES: usize = 200;

/// A line `a + b·x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) a: f64,
    pub(super) b: f64,
}

/// A line with the bootstrap's standard errors; there are none from one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) line: Line,
    pub(super) a_error: Option<f64>,
    pub(super) b_error: Option<f64>,
}

/// What was measured at one place, in each round.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) x: usize,
    /// More than zero, each.
    pub(super) rounds: Vec<f64>,
}

impl Series {
    pub(super) fn median(&self) -> f64 {
        median(&mut self.rounds.clone())
    }
}

/// The line through the medians of the rounds. All series have the same rounds.
///
/// The errors are the standard deviations of the lines that come of as many
/// rounds drawn with repetition: of whole rounds, as what disturbs one
/// measurement of a round disturbs its neighbours.
pub(super) fn fit(series: &[Series]) -> Fit {
    let line = line(
        series
            .iter()
            .map(|series| (series.x as f64, series.median())),
    );
    let rounds = series.first().map_or(0, |series| series.rounds.len());
    if rounds < 2 {
        return Fit {
            line,
            a_error: None,
            b_error: None,
        };
    }
    let mut random = Random::new();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..RESAMPLES {
        let drawn: Vec<usize> = (0..rounds).map(|_| random.below(rounds)).collect();
        let drawn = self::line(series.iter().map(|series| {
            let mut values: Vec<_> = drawn.iter().map(|&round| series.rounds[round]).collect();
            (series.x as f64, median(&mut values))
        }));
        a.push(drawn.a);
        b.push(drawn.b);
    }
    Fit {
        line,
        a_error: Some(deviation(&a)),
        b_error: Some(deviation(&b)),
    }
}

/// Fits a line by least squares with weights 1/y²: what disturbs a measurement
/// of time grows with the time, so that each point is trusted to the same
/// fraction of itself.
fn line(points: impl Iterator<Item = (f64, f64)>) -> Line {
    let points: Vec<(f64, f64)> = points.collect();
    let sum = |value: &dyn Fn(f64, f64) -> f64| -> f64 {
        let terms = points.iter().map(|&(x, y)| y.powi(-2) * value(x, y));
        terms.sum()
    };
    let all = sum(&|_, _| 1.0);
    // Around the mean, which keeps small differences from being lost.
    let (mean_x, mean_y) = (sum(&|x, _| x) / all, sum(&|_, y| y) / all);
    let b = sum(&|x, y| (x - mean_x) * (y - mean_y)) / sum(&|x, _| (x - mean_x).powi(2));
    Line {
        a: mean_y - b * mean_x,
        b,
    }
}

/// The standard deviation.
fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn a_line_is_found_exactly() {
        let points = [1.0, 2.0, 64.0, 1024.0].map(|x| (x, 250.0 + 40.0 * x));
        let line = line(points.into_iter());
        assert!(close(line.a, 250.0) && close(line.b, 40.0), "{line:?}");
    }

    #[test]
    fn weights_are_those_of_the_textbook() {
        // Weights 1, 1/4, 1/16: the normal equations by hand give
        // S = 21/16, Sx = 0 + 1/4 + 2/16, Sy = 1 + 2/4 + 4/16,
        // Sxx = 1/4 + 4/16, Sxy = 2/4 + 8/16.
        let line = line([(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)].into_iter());
        let (s, sx, sy, sxx, sxy) = (21.0 / 16.0, 6.0 / 16.0, 28.0 / 16.0, 0.5, 1.0);
        let determinant = s * sxx - sx * sx;
        let a = (sxx * sy - sx * sxy) / determinant;
        let b = (s * sxy - sx * sy) / determinant;
        assert!(close(line.a, a) && close(line.b, b), "{line:?}");
    }

    #[test]
    fn errors_are_those_of_the_rounds() {
        let series = |noise: &[f64]| {
            [1, 8, 64].map(|x| Series {
                x,
                rounds: noise
                    .iter()
                    .map(|noise| 100.0 + 10.0 * x as f64 + noise)
                    .collect(),
            })
        };
        let same = fit(&series(&[0.0; 9]));
        assert!(
            close(same.line.a, 100.0) && close(same.line.b, 10.0),
            "{same:?}"
        );
        assert!(same.a_error.is_some_and(|error| error < 1e-9), "{same:?}");
        // Half of the rounds, each as a whole, are 6 above the other half: their
        // medians are 0, 3 or 6 above, and so is `a`, while `b` does not move.
        let noisy = fit(&series(&[0.0, 6.0, 0.0, 6.0, 0.0, 6.0, 0.0, 6.0]));
        let error = noisy.a_error.expect("there are rounds");
        assert!((1.0..4.0).contains(&error), "{noisy:?}");
        assert!(noisy.b_error.is_some_and(|error| error < 1e-9), "{noisy:?}");
        assert_eq!(fit(&series(&[0.0])).a_error, None);
    }

    #[test]
    fn deviations() {
        assert!(close(deviation(&[1.0, 3.0]), 2.0_f64.sqrt()));
        assert_eq!(deviation(&[5.0, 5.0, 5.0]), 0.0);
    }
}
