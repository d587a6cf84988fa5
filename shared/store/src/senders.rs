//! Senders: the numbers that a tenant's messages come from. What is sent to one is the tenant's; so no two have the same.

use domain::id::TenantId;
use domain::message::Channel;
use domain::settings::{SenderIdentities, Settings};
use domain::{Error, Fault, FaultCode, Result};
use serde::{Deserialize, Serialize};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::Table;

/// Says whose a sender is.
#[derive(Serialize, Deserialize)]
struct Guard {
    tenant: TenantId,
}

/// The senders of all tenants.
#[derive(Debug, Clone)]
pub struct Senders {
    table: Table,
}

impl Senders {
    pub(crate) fn new(table: Table) -> Self {
        Self { table }
    }

    /// Whose a sender is, as it is now.
    pub async fn owner(&self, channel: Channel, sender: &str) -> Result<Option<TenantId>> {
        let guard: Option<Guard> = self.table.get(&Key::sender(channel, sender)).await?;
        Ok(guard.map(|guard| guard.tenant))
    }
}

/// A sender that becomes, or ceases to be, the tenant's.
pub(crate) struct Change<'a> {
    channel: Channel,
    sender: &'a str,
    is_new: bool,
}

/// What changes from the old settings to the new.
pub(crate) fn changes<'a>(old: &'a Settings, new: &'a Settings) -> Vec<Change<'a>> {
    let (before, after) = (claimed(&old.sender_identities), claimed(&new.sender_identities));
    let mut changes = Vec::new();
    for (was, is) in before.into_iter().zip(after).filter(|(was, is)| was != is) {
        let change = |(channel, sender): (Channel, Option<&'a str>), is_new| {
            sender.map(|sender| Change { channel, sender, is_new })
        };
        changes.extend(change(was, false).into_iter().chain(change(is, true)));
    }
    changes
}

/// The senders that can be answered: a name cannot, and may be that of several tenants.
fn claimed(identities: &SenderIdentities) -> [(Channel, Option<&str>); 2] {
    let is_number = |sender: &&str| sender.starts_with('+') || (sender.starts_with("MG") && sender.len() == 34);
    let sms = identities.sms.as_deref().filter(is_number);
    [(Channel::Sms, sms), (Channel::Whatsapp, identities.whatsapp.as_deref())]
}

impl Change<'_> {
    /// The write that makes it the tenant's, or gives it free.
    pub(crate) fn write(&self, tenant: TenantId) -> Result<Write> {
        let key = Key::sender(self.channel, self.sender);
        if self.is_new {
            return Ok(Write::put(Item::new(&key, &Guard { tenant })?, Condition::Absent));
        }
        Ok(Write::Delete { key, conditions: vec![] })
    }

    /// Why it is refused to make it the tenant's.
    pub(crate) fn refusal(&self) -> Error {
        let field = format!("sender_identities.{}", self.channel);
        Error::refused(Fault::new(field, FaultCode::NotAllowed, "is the number of another tenant"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(sms: Option<&str>, whatsapp: Option<&str>) -> Settings {
        let [sms, whatsapp] = [sms, whatsapp].map(|sender| sender.map(str::to_owned));
        Settings { sender_identities: SenderIdentities { sms, whatsapp, ..Default::default() }, ..Settings::default() }
    }

    #[test]
    fn numbers_are_claimed_and_given_free_and_names_are_nobodys() {
        let shown = |old: &Settings, new: &Settings| -> Vec<(bool, Channel, String)> {
            changes(old, new).iter().map(|each| (each.is_new, each.channel, each.sender.to_owned())).collect()
        };
        let (none, name) = (settings(None, None), settings(Some("Engines"), None));
        let (one, two) = (settings(Some("+12025550143"), None), settings(Some("+12025550144"), Some("+12025550143")));
        assert_eq!(shown(&none, &name), []);
        assert_eq!(shown(&name, &one), [(true, Channel::Sms, "+12025550143".to_owned())]);
        assert_eq!(
            shown(&one, &two),
            [
                (false, Channel::Sms, "+12025550143".to_owned()),
                (true, Channel::Sms, "+12025550144".to_owned()),
                (true, Channel::Whatsapp, "+12025550143".to_owned())
            ]
        );
        assert_eq!(shown(&two, &two), []);
        let service = format!("MG{}", "0a".repeat(16));
        assert_eq!(shown(&none, &settings(Some(&service), None)).len(), 1);
    }
}
