//! What is chosen for each channel: how many messages in a second, and what one costs.

use std::collections::BTreeMap;

use crate::message::Channel;
use crate::money::Money;
use crate::{Fault, FaultCode};

/// The least and the greatest number of messages in a second: one in a hundred seconds, and more than any provider bears.
const RATES: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;

/// The rates; `faults` gets what is wrong with them.
pub(super) fn rates(typed: BTreeMap<String, f64>, faults: &mut Vec<Fault>) -> BTreeMap<Channel, f64> {
    parsed("send_rates", typed, faults, |rate| match RATES.contains(&rate) {
        true => Ok(rate),
        false => Err(format!("must be from {} to {}", RATES.start(), RATES.end())),
    })
}

/// The costs; `faults` gets what is wrong with them.
pub(super) fn costs(typed: BTreeMap<String, f64>, faults: &mut Vec<Fault>) -> BTreeMap<Channel, Money> {
    parsed("message_costs", typed, faults, |cost| Money::parse(cost).map_err(|error| error.to_string()))
}

fn parsed<T>(
    name: &str,
    typed: BTreeMap<String, f64>,
    faults: &mut Vec<Fault>,
    parse: impl Fn(f64) -> Result<T, String>,
) -> BTreeMap<Channel, T> {
    let mut all = BTreeMap::new();
    for (channel, number) in typed {
        let field = format!("{name}.{channel}");
        let value = parse(number).map_err(|reason| Fault::new(&field, FaultCode::Invalid, reason));
        match Channel::parse(&field, &channel).and_then(|channel| Ok((channel, value?))) {
            Ok((channel, value)) => drop(all.insert(channel, value)),
            Err(fault) => faults.push(fault),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_channel_or_provider_has_is_refused() {
        let mut faults = Vec::new();
        let typed = |pairs: &[(&str, f64)]| pairs.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
        let kept = rates(typed(&[("email", 14.0), ("fax", 1.0), ("sms", 0.0)]), &mut faults);
        assert_eq!(kept, [(Channel::Email, 14.0)].into());
        assert_eq!(costs(typed(&[("sms", 0.0079), ("voice", -1.0)]), &mut faults).len(), 1);
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["send_rates.fax", "send_rates.sms", "message_costs.voice"]);
    }
}
