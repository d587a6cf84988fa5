//! The Lambda binary of `contacts`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(contacts::handler)
}
