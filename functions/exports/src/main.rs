//! The Lambda binary of `exports`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(exports::handler)
}
