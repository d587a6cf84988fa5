//! The Lambda binary of `enrollment`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(enrollment::handler)
}
