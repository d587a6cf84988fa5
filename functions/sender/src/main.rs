//! The Lambda binary of `sender`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(sender::handler)
}
