//! What the HTTP edge keeps: credentials in use, attempts of requests with an idempotency key, tokens of rate limits.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::{ApiKey, Credentials};
use domain::id::{ApiKeyId, TenantId};
use domain::idempotency::{Attempt, Attempts, NewRequest, Next};
use domain::rate_limit::{Bucket, Lease, Tokens};
use domain::time::Minute;
use domain::{Result, Timestamp};

use crate::Store;
use crate::item::{Condition, Item, Update, Write, moment};
use crate::keys::Key;
use crate::table::Written;

/// For how many minutes spent tokens are kept: long enough for late instances, and for somebody who looks.
const TOKENS_KEPT_MINUTES: u32 = 10;

impl Credentials for Store {
    async fn key(&self, tenant: TenantId, id: ApiKeyId) -> Result<Option<ApiKey>> {
        self.tenant(tenant).api_keys().get(id).await
    }

    async fn note_use(&self, key: &ApiKey, at: Timestamp) -> Result<()> {
        self.tenant(key.tenant).api_keys().note_use(key, at).await
    }

    async fn has_tenant(&self, tenant: TenantId) -> Result<bool> {
        Ok(self.tenants().get(tenant).await?.is_some())
    }
}

impl Attempts for Store {
    async fn take_up(&self, tenant: TenantId, request: NewRequest) -> Result<Next> {
        let key = Key::attempt(tenant, &request.id);
        let first = Attempt::first(request.clone());
        if self.table.write(Write::put(item(&key, &first)?, Condition::Absent)).await? == Written::Yes {
            return Ok(Next::Work(first));
        }
        let Some(found) = self.table.get::<Attempt>(&key).await? else { return Ok(Next::Running) };
        let next = found.met_by(&request);
        match &next {
            Next::Work(taken) if *taken != found => {
                let conditions = as_read(&found);
                let put = Write::Put { item: item(&key, taken)?, conditions };
                let written = self.table.write(put).await?;
                Ok(if written == Written::Yes { next } else { Next::Running })
            }
            _ => Ok(next),
        }
    }

    async fn answered(&self, tenant: TenantId, attempt: &Attempt, answer: Vec<u8>) -> Result<()> {
        let answer = ("answer".to_owned(), AttributeValue::B(answer.into()));
        self.change_attempt(tenant, attempt, answer).await
    }

    async fn gave_up(&self, tenant: TenantId, attempt: &Attempt) -> Result<()> {
        let ended = ("leased_until".to_owned(), moment(attempt.started_at)?);
        self.change_attempt(tenant, attempt, ended).await
    }
}

impl Store {
    async fn change_attempt(
        &self,
        tenant: TenantId,
        attempt: &Attempt,
        change: (String, AttributeValue),
    ) -> Result<()> {
        let key = Key::attempt(tenant, &attempt.id);
        let conditions = as_read(attempt);
        // Refused: somebody else took it up, and says what came of it.
        let (Written::Yes | Written::Refused) = self
            .table
            .write(Write::Update(Update { key, set: vec![change], add: vec![], remove: vec![], conditions }))
            .await?;
        Ok(())
    }
}

/// Nobody else has taken it up, or begun anew.
fn as_read(attempt: &Attempt) -> Vec<Condition> {
    vec![Condition::text("seed", attempt.seed.as_str()), Condition::number("turn", attempt.turn)]
}

fn item(key: &Key, attempt: &Attempt) -> Result<Item> {
    Ok(Item::new(key, attempt)?.expiring(attempt.forgotten_at()))
}

impl Tokens for Store {
    async fn take(&self, bucket: &Bucket, minute: Minute, count: u32, first: bool) -> Result<Lease> {
        let key = Key::tokens(bucket, minute);
        let end = minute.plus(TOKENS_KEPT_MINUTES).start();
        let by = [("taken", i64::from(count)), ("instances", i64::from(first))];
        let [total, instances] = self.table.add(&key, by, Item::expiry(end)).await?;
        let instances = u32::try_from(instances).unwrap_or(1);
        Ok(Lease { asked: count, total: u64::try_from(total).unwrap_or(0), instances })
    }
}
