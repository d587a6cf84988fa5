//! Posting the reports that are owed.
//!
//! The reports of one message go out one after another, those of different messages side by side. Reports go out as
//! soon as possible, whatever the clock of the stack says: it may be moved by days.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use channels::twilio;
use domain::message::Channel;
use futures::future::join_all;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder};
use url::Url;
use url::form_urlencoded::Serializer;

use super::Settings;
use super::events;
use super::outbox::{Claim, Outbox, Outcome, Owed};
use super::sns::Signer;

const WORKERS: usize = 8;
const ATTEMPTS: u32 = 10;
const TIMEOUT: Duration = Duration::from_secs(15);
const FIRST_PAUSE_MILLIS: i64 = 200;
const LONGEST_PAUSE_MILLIS: i64 = 30_000;
/// How long to leave a store alone that failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Posts reports to whom they are owed.
pub(super) struct Reporter {
    settings: Settings,
    outbox: Outbox,
    signer: Arc<Signer>,
    http: Client,
    emails_to: Url,
    answers_to: Url,
}

impl Reporter {
    /// A reporter of what `outbox` owes.
    pub(super) fn new(settings: Settings, outbox: Outbox, signer: Arc<Signer>) -> anyhow::Result<Self> {
        let emails_to = settings.webhooks.join("ses").context("the address of the webhooks")?;
        let answers_to = settings.webhooks.join("twilio").context("the address of the webhooks")?;
        let http = Client::builder().timeout(TIMEOUT).pool_max_idle_per_host(WORKERS).no_proxy().build()?;
        Ok(Self { settings, outbox, signer, http, emails_to, answers_to })
    }

    /// Works until it is dropped.
    pub(super) async fn run(&self) {
        join_all((0..WORKERS).map(|_| self.work())).await;
    }

    async fn work(&self) {
        loop {
            match self.next().await {
                Ok(true) => {}
                Ok(false) => self.outbox.news().await,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the sandbox cannot work on its reports");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// Posts the reports of some messages; whether there were any.
    async fn next(&self) -> anyhow::Result<bool> {
        let claims = self.outbox.claim(self.real_now())?;
        let mut outcomes = Vec::new();
        for claim in &claims {
            for report in &claim.reports {
                let outcome = match self.post(claim, report).await {
                    Ok(()) => Outcome::Delivered,
                    Err(error) => self.failed(report, &error),
                };
                outcomes.push((report.id, outcome));
            }
        }
        if !outcomes.is_empty() {
            self.outbox.settle(&outcomes)?;
        }
        Ok(!claims.is_empty())
    }

    async fn post(&self, claim: &Claim, report: &Owed) -> anyhow::Result<()> {
        let request = match claim.entry.channel {
            Channel::Email => self.notification(claim, report)?,
            Channel::Sms | Channel::Whatsapp | Channel::Voice => self.callback(claim, report)?,
        };
        request.send().await?.error_for_status()?.bytes().await?;
        Ok(())
    }

    fn notification(&self, claim: &Claim, report: &Owed) -> anyhow::Result<RequestBuilder> {
        let message = events::ses(claim.message, &claim.entry, report).context("no event of an e-mail")?;
        let envelope = self.signer.notification(report.id, message.to_string(), self.settings.clock.now())?;
        let request = self.http.post(self.emails_to.clone()).header(CONTENT_TYPE, "text/plain; charset=UTF-8");
        let request = request.header("x-amz-sns-message-type", "Notification");
        let request = request.header("x-amz-sns-message-id", &envelope.message_id);
        let request = request.header("x-amz-sns-topic-arn", &envelope.topic_arn);
        Ok(request.body(serde_json::to_vec(&envelope)?))
    }

    fn callback(&self, claim: &Claim, report: &Owed) -> anyhow::Result<RequestBuilder> {
        // What people say comes to one address for all.
        let (params, to) = match events::said(&claim.entry, report) {
            Some(said) => (said, self.answers_to.as_str()),
            None => {
                let params = events::twilio(claim.message, &claim.entry, report);
                (params.context("no event of a message or call")?, claim.entry.callback.as_str())
            }
        };
        let signature = twilio::sign(&self.settings.twilio_auth_token, to, &params);
        let request = self.http.post(to).header("x-twilio-signature", signature);
        let form = Serializer::new(String::new()).extend_pairs(&params).finish();
        Ok(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form))
    }

    fn failed(&self, report: &Owed, error: &anyhow::Error) -> Outcome {
        let attempt = report.attempts + 1;
        let error = format!("{error:#}");
        if attempt >= ATTEMPTS {
            tracing::warn!(report = report.id, attempt, error, "the sandbox gives up on a report");
            return Outcome::Undeliverable;
        }
        tracing::debug!(report = report.id, attempt, error, "a report of the sandbox was not taken");
        Outcome::Again(self.real_now().saturating_add(pause_millis(attempt)))
    }

    /// The time of the machine in milliseconds: pauses must not depend on a clock that can be moved.
    pub(super) fn real_now(&self) -> i64 {
        let clock = &self.settings.clock;
        clock.now().timestamp_millis() - clock.ahead().num_milliseconds()
    }
}

/// The pause after that many attempts: each twice as long as the one before, up to a limit.
fn pause_millis(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1)).unwrap_or(i64::MAX);
    FIRST_PAUSE_MILLIS.saturating_mul(doubled).clamp(FIRST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS)
}
