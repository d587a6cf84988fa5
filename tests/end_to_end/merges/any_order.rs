//! Merges and undoings in any order, each before what follows from the others has been done: in the end everything is where
//! a simple model has it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use super::{contact, hanging, interaction, of_merge, path, settle, try_merge};

const CONTACTS: usize = 5;
const MOVES: usize = 14;

/// What ought to be: into whom each contact went, and whose each interaction is.
struct Model {
    into: [Option<usize>; CONTACTS],
    owners: [usize; CONTACTS],
    /// The merges that stand: into whom, who, and which interactions came along.
    merges: BTreeMap<String, (usize, usize, Vec<usize>)>,
}

impl Model {
    fn end(&self, contact: usize) -> usize {
        self.into[contact].map_or(contact, |into| self.end(into))
    }

    fn merged(&mut self, id: String, primary: usize, other: usize) {
        assert_eq!((self.into[primary], self.into[other]), (None, None));
        let moved: Vec<usize> = (0..CONTACTS).filter(|at| self.owners[*at] == other).collect();
        moved.iter().for_each(|at| self.owners[*at] = primary);
        self.into[other] = Some(primary);
        self.merges.insert(id, (primary, other, moved));
    }

    fn undone(&mut self, id: &str) {
        let (primary, other, moved) = self.merges.remove(id).unwrap();
        assert_eq!(self.into[primary], None);
        moved.iter().for_each(|at| self.owners[*at] = other);
        self.into[other] = None;
    }
}

/// Numbers that are the same each time (Numerical Recipes' generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_and_undoings_in_any_order_leave_everything_where_it_belongs() {
    for seed in 1..=6 {
        let world = World::start().await.unwrap();
        let mut ids = Vec::new();
        for number in 0..CONTACTS {
            ids.push(contact(&world, json!({ "email": format!("{number}@example.com") })).await);
            interaction(&world, &ids[number], &number.to_string()).await;
        }
        let owners = std::array::from_fn(|at| at);
        let mut model = Model { into: [None; CONTACTS], owners, merges: BTreeMap::new() };
        let mut numbers = Numbers(seed);
        for _ in 0..MOVES {
            step(&world, &ids, &mut model, &mut numbers).await;
        }
        settle(&world).await;
        for (at, id) in ids.iter().enumerate() {
            let shown = world.client.get(&path(id)).await.unwrap();
            assert_eq!(shown["id"], ids[model.end(at)], "seed {seed}");
            let expected: Vec<String> = (0..CONTACTS)
                .filter(|thing| model.owners[*thing] == at)
                .map(|thing| format!("I#2026-11-21T00:00:00.000Z#{thing}"))
                .collect();
            assert_eq!(hanging(&world, id).await, expected, "seed {seed}, contact {at}");
        }
        addresses_are_guarded(&world, &ids).await;
        world.stack.stop().await.unwrap();
    }
}

async fn step(world: &World, ids: &[String], model: &mut Model, numbers: &mut Numbers) {
    let undoes = numbers.below(3) == 0 && !model.merges.is_empty();
    if undoes {
        let id = model.merges.keys().nth(numbers.below(model.merges.len())).unwrap().clone();
        let answer = world.client.call(Method::POST, &format!("{}/undo", of_merge(&id)), None).await.unwrap();
        match answer.status {
            200 => model.undone(&id),
            status => assert_eq!((status, model.into[model.merges[&id].0].is_some()), (409, true), "{}", answer.body),
        }
    } else {
        let (primary, other) = (numbers.below(CONTACTS), numbers.below(CONTACTS));
        let answer = try_merge(world, &ids[primary], &[&ids[other]]).await;
        match answer.status {
            200 => model.merged(answer.body["merge_id"].as_str().unwrap().to_owned(), primary, other),
            422 => assert_eq!(primary, other),
            status => assert_eq!((status, model.into[primary].or(model.into[other]).is_some()), (409, true)),
        }
    }
    if numbers.below(3) == 0 {
        world.settled().await.unwrap();
    }
}

/// Who shows an address holds it; one that nobody shows is free.
async fn addresses_are_guarded(world: &World, ids: &[String]) {
    let mut shown = BTreeMap::new();
    for id in ids {
        let contact = world.client.get(&path(id)).await.unwrap();
        shown.insert(contact["email"].as_str().unwrap().to_owned(), contact["id"].clone());
    }
    for number in 0..CONTACTS {
        let address = format!("{number}@example.com");
        let answer =
            world.client.call(Method::POST, "/api/v1/contacts", Some(&json!({ "email": address }))).await.unwrap();
        let expected = shown.get(&address).map_or((201, Value::Null), |id| (409, id.clone()));
        assert_eq!((answer.status, answer.body["error"]["details"]["existing_id"].clone()), expected, "{address}");
    }
}
