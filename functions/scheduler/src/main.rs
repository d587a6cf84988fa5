//! The Lambda binary of `scheduler`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(scheduler::handler)
}
