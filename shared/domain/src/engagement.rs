//! Engagement: how much a tenant's contacts have to do with it, as one figure.

/// What the figure is made of: of the contacts that the tenant still deals with, how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Engaged {
    /// All of them.
    pub contacts: u64,
    /// Those of which something was heard within 30 days.
    pub within_30_days: u64,
    /// Those of which something was heard within 90 days, the former included.
    pub within_90_days: u64,
    /// Those that have bookings.
    pub booked: u64,
}

/// What each part weighs; together 100.
const WEIGHTS: [f64; 3] = [50.0, 30.0, 20.0];

impl Engaged {
    /// From 0 to 100: 50 times the share of those of which something was heard within 30 days, 30 times the share of those
    /// within 90 days, 20 times the share of those that have bookings. 0 if there is nobody.
    pub fn score(&self) -> f64 {
        let parts = [self.within_30_days, self.within_90_days, self.booked];
        WEIGHTS.iter().zip(parts).map(|(weight, part)| weight * share(part, self.contacts)).sum()
    }
}

/// The part that `some` are of `all`, from 0 to 1; 0 of none.
pub fn share(some: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

/// A figure as it is shown: to two decimals.
pub fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recent_weighs_most() {
        for (within_30_days, within_90_days, booked, score) in
            [(0, 0, 0, 0.0), (10, 10, 10, 100.0), (5, 5, 0, 40.0), (0, 10, 0, 30.0), (0, 0, 10, 20.0)]
        {
            let engaged = Engaged { contacts: 10, within_30_days, within_90_days, booked };
            assert!((engaged.score() - score).abs() < 1e-9, "{engaged:?}");
        }
        assert!(Engaged::default().score().abs() < 1e-9);
    }

    #[test]
    fn figures_are_shown_with_two_decimals() {
        assert!((rounded(100.0 * share(1, 3)) - 33.33).abs() < 1e-9);
    }
}
