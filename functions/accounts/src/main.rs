//! The Lambda binary of `accounts`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(accounts::handler)
}
