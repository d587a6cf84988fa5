//! The Lambda binary of `projector`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(projector::handler)
}
