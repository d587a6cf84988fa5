//! What must hold of an index whatever fails, and in whatever order things happen: seeds that can be run again by number.

mod simulation;
mod world;

use domain::Timestamp;
use domain::access::Actor;
use domain::contact::criteria::Criteria;
use domain::contact::indexed::Indexed;
use domain::contact::upkeep::IndexWork;
use domain::contact::{Contact, Profile};
use domain::id::{ContactId, GroupId, Id};

use crate::reader::Desk;
use crate::rebuild::rebuild;
use crate::shelf::Shelf;
use crate::upkeep::{rewrite, sweep};
use crate::{repair, writer};
use simulation::simulate;
use world::World;

/// Many seeds without faults and with many, so that both what is common and what is rare is met.
#[tokio::test]
async fn a_search_knows_every_change_that_was_made_before_it_whatever_fails() {
    for seed in 0..150 {
        simulate(seed, [0, 3, 10][seed as usize % 3]).await;
    }
}

#[tokio::test]
async fn a_damaged_file_is_found_and_rebuilt_from_the_table() {
    for damage in [World::truncate, World::flip, World::lose] {
        let world = World::new(1, 0);
        let desk = || Desk::new(1 << 20);
        (0..50).for_each(|_| world.write());
        writer::commit(&world, &world.unindexed()).await.unwrap();
        world.forget_marks();
        damage(&world);
        assert!(desk().now(&world).await.is_err());
        assert_eq!(world.asked(), [IndexWork::Repair]);
        repair::repair(&world).await.unwrap();
        assert_eq!(desk().now(&world).await.unwrap().ids(&Criteria::default(), None, usize::MAX), world.ids());
    }
}

#[tokio::test]
async fn an_intact_index_is_not_rebuilt() {
    let world = World::new(1, 0);
    (0..50).for_each(|_| world.write());
    writer::commit(&world, &world.unindexed()).await.unwrap();
    let before = world.manifest().await.unwrap();
    repair::repair(&world).await.unwrap();
    assert_eq!(world.manifest().await.unwrap(), before);
}

#[tokio::test]
async fn another_tenants_file_is_damage() {
    let (world, other) = (World::new(1, 0), World::new(2, 0));
    (0..5).for_each(|_| world.write());
    (0..5).for_each(|_| other.write());
    writer::commit(&world, &world.unindexed()).await.unwrap();
    writer::commit(&other, &other.unindexed()).await.unwrap();
    world.swap_files(&other);
    assert!(Desk::new(1 << 20).now(&world).await.is_err());
}

#[tokio::test]
async fn a_reader_with_an_old_manifest_reads_the_new_one() {
    let world = World::new(1, 0);
    (0..50).for_each(|_| world.write());
    writer::commit(&world, &world.unindexed()).await.unwrap();
    let old = world.manifest().await.unwrap();
    rewrite(&world).await.unwrap();
    assert_eq!(world.file_count(), 1, "only the base is left");
    world.show_once(old);
    assert_eq!(Desk::new(1 << 20).now(&world).await.unwrap().len(), world.ids().len() as u64);
}

#[tokio::test]
async fn a_file_that_is_on_its_way_into_a_manifest_is_not_swept() {
    let world = World::new(1, 0);
    world.write();
    let file = writer::keep(&world, &index::Segment::build(&world.unindexed())).await.unwrap();
    sweep(&world).await.unwrap();
    assert!(world.file(file.id).await.unwrap().is_some());
    world.pass_hours(1);
    sweep(&world).await.unwrap();
    assert!(world.file(file.id).await.unwrap().is_none());
}

#[tokio::test]
async fn who_was_deleted_does_not_come_back_with_a_late_state_after_a_rebuild() {
    let world = World::new(1, 0);
    (0..30).for_each(|_| world.write());
    let early = world.unindexed();
    world.delete_all();
    writer::commit(&world, &world.unindexed()).await.unwrap();
    world.forget_marks();
    rebuild(&world).await.unwrap();
    writer::commit(&world, &early).await.unwrap();
    assert_eq!(Desk::new(1 << 20).now(&world).await.unwrap().len(), 0);
}

#[tokio::test]
async fn memory_is_bounded_and_the_longest_unasked_tenant_goes() {
    let desk = Desk::new(60_000);
    for seed in 0..2_000 {
        let world = World::new(seed, 0);
        (0..5).for_each(|_| world.write());
        writer::commit(&world, &world.unindexed()).await.unwrap();
        assert_eq!(desk.now(&world).await.unwrap().len(), world.ids().len() as u64);
    }
    assert!((2..100).contains(&desk.held()), "{} are held", desk.held());
}

#[tokio::test]
async fn a_tenant_without_contacts_has_an_empty_index() {
    let world = World::new(1, 0);
    assert_eq!(Desk::new(1 << 20).now(&world).await.unwrap().len(), 0);
    rewrite(&world).await.unwrap();
    rebuild(&world).await.unwrap();
    assert_eq!(Desk::new(1 << 20).now(&world).await.unwrap().len(), 0);
}

#[tokio::test]
async fn tenants_of_any_size_and_contacts_in_fifty_groups_are_counted() {
    let groups: Vec<GroupId> = (0..50_u8).map(|n| GroupId::derived(Timestamp::default(), &[&[n]])).collect();
    for contacts in [0, 1, 1_000] {
        let world = World::new(1, 0);
        let states: Vec<Indexed> = (0..contacts).map(|number| grouped(number, &groups)).collect();
        for states in states.chunks(300) {
            writer::commit(&world, states).await.unwrap();
        }
        rewrite(&world).await.unwrap();
        let found = Desk::new(1 << 20).now(&world).await.unwrap();
        assert_eq!(found.len(), u64::from(contacts));
        for group in &groups {
            let criteria = Criteria { group: Some(*group), ..Criteria::default() };
            assert_eq!(found.count(&criteria), u64::from(contacts));
        }
    }
}

fn grouped(number: u32, groups: &[GroupId]) -> Indexed {
    let id = ContactId::derived(Timestamp::default(), &[&number.to_be_bytes()]);
    let profile = Profile { groups: groups.to_vec(), ..Profile::default() };
    Indexed::contact(&Contact::new(id, profile, Actor::Operator, Timestamp::default()))
}
