//! A line through measured points.

/// A measured point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// What it was measured for.
    pub(super) x: f64,
    /// What was measured, more than zero.
    pub(super) y: f64,
}

/// The line `a + b·x`, with standard errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) a: f64,
    pub(super) a_error: f64,
    pub(super) b: f64,
    pub(super) b_error: f64,
}

/// Fits a line by least squares with weights 1/y²: what disturbs a measurement
/// of time grows with the time, so that each point is trusted to the same
/// fraction of itself. The standard errors come from how far the points lie
/// from the line; they need three points.
pub(super) fn fit(points: impl Iterator<Item = Point> + Clone) -> Fit {
    let weight = |point: &Point| point.y.powi(-2);
    let sum = |value: &dyn Fn(&Point) -> f64| -> f64 {
        points
            .clone()
            .map(|point| weight(&point) * value(&point))
            .sum()
    };
    let all = sum(&|_| 1.0);
    // Around the mean, which keeps small differences from being lost.
    let (mean_x, mean_y) = (sum(&|point| point.x) / all, sum(&|point| point.y) / all);
    let squares = sum(&|point| (point.x - mean_x).powi(2));
    let b = sum(&|point| (point.x - mean_x) * (point.y - mean_y)) / squares;
    let a = mean_y - b * mean_x;
    let rest = sum(&|point| (point.y - a - b * point.x).powi(2));
    let freedom = points.count() as f64 - 2.0;
    let variance = rest / freedom;
    Fit {
        a,
        a_error: (variance * (1.0 / all + mean_x.powi(2) / squares)).sqrt(),
        b,
        b_error: (variance / squares).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(points: &[(f64, f64)]) -> Fit {
        fit(points.iter().map(|&(x, y)| Point { x, y }))
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn a_line_is_found_exactly() {
        let line = points(&[1.0, 2.0, 64.0, 1024.0].map(|x| (x, 250.0 + 40.0 * x)));
        assert!(close(line.a, 250.0) && close(line.b, 40.0), "{line:?}");
        assert!(line.a_error < 1e-6 && line.b_error < 1e-6, "{line:?}");
    }

    #[test]
    fn weights_and_errors_are_those_of_the_textbook() {
        // Weights 1, 1/4, 1/16: the normal equations by hand give
        // S = 21/16, Sx = 0 + 1/4 + 2/16, Sy = 1 + 2/4 + 4/16,
        // Sxx = 1/4 + 4/16, Sxy = 2/4 + 8/16.
        let line = points(&[(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)]);
        let (s, sx, sy, sxx, sxy) = (21.0 / 16.0, 6.0 / 16.0, 28.0 / 16.0, 0.5, 1.0);
        let determinant = s * sxx - sx * sx;
        let a = (sxx * sy - sx * sxy) / determinant;
        let b = (s * sxy - sx * sy) / determinant;
        assert!(close(line.a, a) && close(line.b, b), "{line:?}");
        let rest =
            (1.0 - a).powi(2) + (2.0 - a - b).powi(2) / 4.0 + (4.0 - a - 2.0 * b).powi(2) / 16.0;
        assert!(
            close(line.a_error, (rest * sxx / determinant).sqrt()),
            "{line:?}"
        );
        assert!(
            close(line.b_error, (rest * s / determinant).sqrt()),
            "{line:?}"
        );
    }
}
