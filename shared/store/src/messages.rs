//! Messages of campaigns, with what they lead to kept beside them.

use domain::id::TenantId;
use domain::message::{Message, MessageRef};
use domain::{Error, Result};

use crate::item::{Condition, Item, Write};
use crate::keys::Key;
use crate::table::{Table, Written};

/// The messages of a tenant.
#[derive(Debug, Clone)]
pub struct Messages {
    table: Table,
    tenant: TenantId,
}

impl Messages {
    pub(crate) fn new(table: Table, tenant: TenantId) -> Self {
        Self { table, tenant }
    }

    /// The message, as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the reference is another tenant's, as for a message that does not exist.
    pub async fn get(&self, reference: MessageRef) -> Result<Option<Message>> {
        if reference.tenant != self.tenant {
            return Err(Error::not_found("message", reference.message));
        }
        self.table.get(&Key::message(self.tenant, reference.contact, reference.message)).await
    }

    /// Claims the right to send a message: `false` if it was claimed before.
    pub async fn claim(&self, message: &Message) -> Result<bool> {
        Ok(self.table.write(Write::put(self.item(message)?, Condition::Absent)).await? == Written::Yes)
    }

    /// Keeps the next revision of a message. `false`: it has changed since it was read, and nothing was kept.
    pub async fn save(&self, next: &Message) -> Result<bool> {
        let unchanged = Condition::number("revision", next.revision - 1);
        Ok(self.table.write(Write::put(self.item(next)?, unchanged)).await? == Written::Yes)
    }

    fn item(&self, message: &Message) -> Result<Item> {
        Item::new(&Key::message(self.tenant, message.contact_id, message.id), message)
    }
}
