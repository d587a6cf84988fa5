//! Queries, against a plain evaluation over the latest states of all contacts.

mod figures;
mod pages;
mod people;
mod plain;
mod queries;
