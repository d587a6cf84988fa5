//! The Lambda binary of `communications`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(communications::handler)
}
