//! The Lambda binary of `campaigns`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(campaigns::handler)
}
