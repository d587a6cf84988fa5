//! The local stack: `infra/template.yaml` in one process, on embedded services.

pub mod blueprint;
pub mod cli;
pub mod client;
mod credentials;
pub mod demo;
pub mod functions;
mod gateway;
mod invoker;
mod local_routes;
mod pollers;
mod resources;
pub mod sandbox;
mod services;
mod shortcut;
pub mod stack;
mod tap;
mod template;

pub use runtime::clock::random;

/// Services, functions and provider allocate side by side in one process, where glibc's allocator takes a fifth of the time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
