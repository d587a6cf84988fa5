//! End-to-end tests: the real handlers behind real HTTP, queues, buckets and streams, one whole Rollcall each.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod accounts;
mod bookings;
mod budgets;
mod bulk;
mod campaigns;
mod contacts;
mod crashes;
mod duplicates;
mod edge;
mod erasure;
mod events;
mod exports;
mod groups;
mod imports;
mod index;
mod interactions;
mod main_job;
mod memberships;
mod merges;
mod preferences;
mod repetitions;
mod restarts;
mod searches;
mod simulation;
mod streams;
mod tag_counts;
mod tags;
mod types;
mod webhooks;
