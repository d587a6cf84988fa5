//! The Lambda binary of `search`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(search::handler)
}
