//! The Lambda binary of `indexer`.

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(indexer::handler)
}
