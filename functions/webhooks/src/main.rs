//! The Lambda binary of `webhooks`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(webhooks::handler)
}
