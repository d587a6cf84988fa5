//! Items that are asked for at the same moment, read in one call: by the messages of a queue's batch, say, of which each
//! needs an enrolment and a contact.
//!
//! Who asks first lets the others of the same task ask as well, and reads for all.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use domain::Result;
use tokio::sync::oneshot;

use super::Table;
use super::read::BATCH;
use crate::item::Attributes;
use crate::keys::Key;

/// Up to how many keys somebody asks for who takes part.
pub(super) const FEW: usize = 10;

type Found = HashMap<Key, Attributes>;

/// Those who wait for somebody to read for them; nothing while nobody is about to. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathering(Arc<Mutex<Option<Vec<Waiting>>>>);

/// Somebody who waits.
#[derive(Debug)]
struct Waiting {
    keys: Vec<Key>,
    found: oneshot::Sender<Found>,
}

/// How somebody comes to what is under some keys.
enum Way {
    /// Reads for all who come now.
    Reads(Round),
    /// Somebody else reads.
    Waits(oneshot::Receiver<Found>),
    /// There is no room: reads alone.
    Alone,
}

/// From the first who asks to the call. If it is dropped before that, those who wait are told so.
struct Round(Option<Gathering>);

impl Gathering {
    fn join(&self, keys: &[Key]) -> Way {
        let mut round = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = round.as_mut() else {
            *round = Some(Vec::new());
            return Way::Reads(Round(Some(self.clone())));
        };
        // The first one's own keys are not among them.
        if waiting.iter().map(|other| other.keys.len()).sum::<usize>() + keys.len() > BATCH - FEW {
            return Way::Alone;
        }
        let (found, answer) = oneshot::channel();
        waiting.push(Waiting { keys: keys.to_vec(), found });
        Way::Waits(answer)
    }

    fn end(&self) -> Vec<Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

impl Round {
    /// Takes those who wait; who comes from now on begins another round.
    fn close(mut self) -> Vec<Waiting> {
        self.0.take().map(|gathering| gathering.end()).unwrap_or_default()
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        if let Some(gathering) = self.0.take() {
            drop(gathering.end());
        }
    }
}

impl Table {
    /// What is under `keys`, as it is now, in any order; perhaps read together with what others ask for.
    pub(super) async fn gathered(&self, gathering: &Gathering, keys: &[Key]) -> Result<Vec<Attributes>> {
        match gathering.join(keys) {
            Way::Alone => self.read_now(keys).await,
            Way::Waits(answer) => match answer.await {
                Ok(mut found) => Ok(keys.iter().filter_map(|key| found.remove(key)).collect()),
                // Who read for all failed, or was killed.
                Err(_) => self.read_now(keys).await,
            },
            Way::Reads(round) => {
                tokio::task::yield_now().await;
                self.read_for(keys, round.close()).await
            }
        }
    }

    async fn read_for(&self, keys: &[Key], others: Vec<Waiting>) -> Result<Vec<Attributes>> {
        if others.is_empty() {
            return self.read_now(keys).await;
        }
        let all: HashSet<&Key> = keys.iter().chain(others.iter().flat_map(|other| &other.keys)).collect();
        let all: Vec<Key> = all.into_iter().cloned().collect();
        let items = self.read_now(&all).await?;
        let found: Found = items.into_iter().filter_map(|item| Some((Key::of(&item)?, item))).collect();
        for Waiting { keys, found: answer } in others {
            let theirs = keys.into_iter().filter_map(|key| found.get_key_value(&key));
            // Who does not wait any more needs no answer.
            let _ = answer.send(theirs.map(|(key, item)| (key.clone(), item.clone())).collect());
        }
        Ok(keys.iter().filter_map(|key| found.get(key).cloned()).collect())
    }

    async fn read_now(&self, keys: &[Key]) -> Result<Vec<Attributes>> {
        match keys {
            [key] => Ok(self.get_one(key).await?.into_iter().collect()),
            _ => self.batch_get_items(keys, true).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(count: usize) -> Vec<Key> {
        (0..count).map(|n| Key { pk: n.to_string(), sk: String::new() }).collect()
    }

    #[tokio::test]
    async fn the_first_reads_and_the_others_wait_until_there_is_no_room() {
        let gathering = Gathering::default();
        let Way::Reads(round) = gathering.join(&keys(FEW)) else { panic!("nobody reads") };
        let waiting: Vec<_> = (0..BATCH / FEW - 1).map(|_| gathering.join(&keys(FEW))).collect();
        assert!(waiting.iter().all(|way| matches!(way, Way::Waits(_))));
        assert!(matches!(gathering.join(&keys(1)), Way::Alone));
        assert_eq!(round.close().len(), waiting.len());
        assert!(matches!(gathering.join(&keys(1)), Way::Reads(_)), "a round that is closed is over");
    }

    #[tokio::test]
    async fn who_waits_for_somebody_who_is_gone_is_told() {
        let gathering = Gathering::default();
        let first = gathering.join(&keys(1));
        let Way::Waits(answer) = gathering.join(&keys(1)) else { panic!("somebody reads") };
        drop(first);
        assert!(answer.await.is_err());
        assert!(matches!(gathering.join(&keys(1)), Way::Reads(_)));
    }
}
