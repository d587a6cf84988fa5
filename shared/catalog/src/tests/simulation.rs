//! Writers, indexers, keepers and readers of one index, all at once, any of them killed at any call.

use std::cell::Cell;

use domain::contact::criteria::Criteria;
use domain::contact::upkeep::IndexWork;
use domain::id::ContactId;

use super::world::World;
use crate::reader::Desk;
use crate::rebuild::rebuild;
use crate::repair::repair;
use crate::shelf::Shelf;
use crate::upkeep::{after_commit, keep_up, rewrite, sweep};
use crate::writer::commit;

/// How many changes are made.
const CHANGES: usize = 60;

pub(super) async fn simulate(seed: u64, faults: u64) {
    let (world, done) = (World::new(seed, faults), Cell::new(false));
    let people = async {
        let desk = Desk::new(1 << 20);
        for _ in 0..CHANGES {
            world.write();
            read(&world, &desk, seed).await;
        }
        done.set(true);
    };
    // Two shards of a stream: what is told in one may be worked on before what was told earlier in the other.
    futures::join!(people, index(&world, &done, 0), index(&world, &done, 1), keep(&world, &done), keep(&world, &done));
    assert_eq!(world.mark_count(), 0, "seed {seed}");
    settled(&world, seed).await;
}

/// Nobody writes meanwhile, so a search that succeeds is exact.
async fn read(world: &World, desk: &Desk, seed: u64) {
    if let Ok(found) = desk.now(world).await {
        assert_eq!(found.ids(&Criteria::default(), None, usize::MAX), world.ids(), "seed {seed}");
        for name in 0..5 {
            let name = format!("name {name}");
            let criteria = Criteria { first_name: Some(name.clone()), ..Criteria::default() };
            assert_eq!(found.count(&criteria), world.named(&name), "seed {seed}, {name}");
        }
    }
}

/// Brings in what the stream tells of one half of the contacts. A batch that failed comes again, longer perhaps.
async fn index(world: &World, done: &Cell<bool>, half: u8) {
    let mut at = 0;
    loop {
        let most = 1 + world.random(8) as usize;
        let batch = world.stream(at, most);
        if batch.is_empty() && done.get() {
            return;
        }
        let mine: Vec<_> = batch.iter().filter(|state| shard(state.id()) == half).cloned().collect();
        if let Ok(committed) = commit(world, &mine).await {
            if let Some((before, after)) = committed {
                let _ = after_commit(world, &before, &after).await;
            }
            let places = (at..).zip(&batch).filter(|(_, state)| shard(state.id()) == half).map(|(place, _)| place);
            if world.unmark(places.collect()).await.is_ok() {
                at += batch.len();
            }
        }
        tokio::task::yield_now().await;
    }
}

fn shard(id: ContactId) -> u8 {
    id.to_string().as_bytes()[35] % 2
}

/// Does what is asked for, and sometimes what is not. It may be killed at any call; what was asked is asked again then.
async fn keep(world: &World, done: &Cell<bool>) {
    while !done.get() {
        let asked = world.asked();
        for work in asked {
            let worked = match work {
                IndexWork::Repair => repair(world).await,
                _ => keep_up(world).await,
            };
            if worked.is_err() {
                let _ = world.ask(work).await;
            }
        }
        let _ = match world.random(10) {
            0 => rewrite(world).await,
            1 => rebuild(world).await,
            2 => sweep(world).await,
            3 => keep_up(world).await,
            _ => Ok(()),
        };
        tokio::task::yield_now().await;
    }
}

/// When all is told and nothing fails any more, the index is the table, rebuilt or not.
async fn settled(world: &World, seed: u64) {
    world.calm();
    assert_eq!(found(world).await, world.ids(), "seed {seed}");
    rebuild(world).await.unwrap();
    assert_eq!(found(world).await, world.ids(), "seed {seed}, rebuilt");
}

async fn found(world: &World) -> Vec<ContactId> {
    Desk::new(1 << 20).now(world).await.unwrap().ids(&Criteria::default(), None, usize::MAX)
}
