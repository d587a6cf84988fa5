//! The Lambda binary of `imports`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(imports::handler)
}
