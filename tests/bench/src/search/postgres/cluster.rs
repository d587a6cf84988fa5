//! A PostgreSQL of our own, in a temporary directory, for as long as it is needed.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use postgres::{Client, Config, NoTls};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const INSTALL: &str = "PostgreSQL was not found, neither on the path nor in /usr/lib/postgresql; \
    install it (on Debian: apt-get install postgresql)";
/// Where Debian keeps each version's programs.
const VERSIONS: &str = "/usr/lib/postgresql";
const USER: &str = "rollcall";
/// Safety costs nothing here, all memory there is may be used, and a question has one process, as ours has one thread.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    "autovacuum=off",
    "shared_buffers=512MB",
    "work_mem=64MB",
    "maintenance_work_mem=512MB",
    "random_page_cost=1.1",
    "max_parallel_workers_per_gather=0",
    "jit=off",
    // The parameters of each question are looked at when it is planned, as if they stood in it.
    "plan_cache_mode=force_custom_plan",
    // By default, two swapped letters are mostly too many.
    "pg_trgm.word_similarity_threshold=0.4",
];

/// A server that nobody else can reach. It ends with this value, and with this process.
#[derive(Debug)]
pub(super) struct Cluster {
    server: Child,
    directory: TempDir,
}

impl Cluster {
    /// Makes an empty cluster and starts its server.
    pub(super) fn start() -> Result<Self> {
        let programs = programs()?;
        let directory = TempDir::with_prefix("rollcall-postgres-")?;
        let root = fs::metadata(directory.path())?.uid() == 0;
        if root {
            // PostgreSQL refuses to run as root.
            finish(Command::new("chown").arg("postgres:").arg(directory.path()))?;
        }
        let program = |name: &str| program(&programs.join(name), directory.path(), root);
        let locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C"];
        finish(program("initdb").args(["--auth=trust", "--no-sync", "-U", USER, "-D", "data"]).args(locale))?;
        let mut server = program("postgres");
        server.args(["-D", "data", "-k"]).arg(directory.path());
        SETTINGS.iter().for_each(|setting| _ = server.args(["-c", setting]));
        let log = File::create(directory.path().join("log"))?;
        let server = server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Self { server, directory })
    }

    /// A connection, as soon as the server takes it.
    pub(super) fn connect(&mut self) -> Result<Client> {
        let mut config = Config::new();
        config.host_path(self.directory.path()).user(USER).dbname("postgres");
        for _ in 0..600 {
            if let Ok(client) = config.connect(NoTls) {
                return Ok(client);
            }
            if self.server.try_wait()?.is_some() {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start:\n{log}")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // At once: its data is not needed any more. If it has ended already, there is nobody to tell.
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// The directory with PostgreSQL's programs; an empty path if they are found without.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut versions: Vec<PathBuf> = versions.collect();
    versions.sort_by_key(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(|name| name.parse::<u32>().ok())
    });
    let directories = versions.iter().rev().map(|version| version.join("bin"));
    let works = |program: PathBuf| Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
    let mut all = std::iter::once(PathBuf::new()).chain(directories);
    all.find(|path| works(path.join("initdb")) && works(path.join("postgres"))).context(INSTALL)
}

/// A program in a directory; it is killed when this process dies, and is not root.
fn program(path: &Path, directory: &Path, root: bool) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=QUIT").current_dir(directory);
    if root {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(path);
    command
}

fn finish(command: &mut Command) -> Result<()> {
    let done = command.output();
    let name = format!("{command:?}");
    let done = done.with_context(|| name.clone())?;
    ensure!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}
