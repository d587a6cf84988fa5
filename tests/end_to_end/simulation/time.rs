//! Time in a world: it passes when the world says so.

use super::provider::moment;
use super::world::World;

impl World {
    /// Lets time pass, and whatever belongs to it.
    pub(super) async fn pass(&mut self, millis: i64) {
        let to = self.now + millis;
        loop {
            let first =
                self.late.iter().enumerate().min_by_key(|(at, late)| (late.due, *at)).map(|(at, late)| (at, late.due));
            let Some((at, due)) = first.filter(|(_, due)| *due <= to) else { break };
            self.turn(due).await;
            let late = self.late.remove(at);
            self.note(&format!("{} {} arrives late", late.by, late.request.shown()));
            self.wire.inside().servers.serve(&late.request, late.by, false);
        }
        self.turn(to).await;
        let over: Vec<u64> =
            self.running.iter().filter(|running| running.ends <= to).map(|running| running.number).collect();
        over.into_iter().for_each(|number| self.kill(number));
    }

    async fn turn(&mut self, to: i64) {
        let by = u64::try_from(to - self.now).unwrap_or(0);
        self.now = self.now.max(to);
        self.clock.turn(moment(self.now));
        self.wire.inside().servers.now = self.now;
        tokio::time::advance(std::time::Duration::from_millis(by)).await;
    }

    /// Nothing can be done now: until when? `false` if nothing is left for ever.
    pub(super) async fn idle(&mut self) -> bool {
        if !self.running.is_empty() {
            let while_they_sleep = self.dice.within(10, 100);
            self.pass(while_they_sleep).await;
            return true;
        }
        let Some(next) = self.next_moment() else { return false };
        let late = self.dice.one_of(&[0, 0, 30, 2_000]);
        self.pass((next + late - self.now).max(1)).await;
        true
    }

    fn next_moment(&self) -> Option<i64> {
        let inside = self.wire.inside();
        let servers = &inside.servers;
        let tick = servers.first_on_agenda().map(|minute| minute.max(self.ticked.plus(1)).start().timestamp_millis());
        let report = servers.provider.reports.iter().map(|report| report.due).min();
        let late = self.late.iter().map(|late| late.due).min();
        let changes = servers.changed.then_some(self.stream.again);
        let all = [servers.queues.next(), tick, report, late, changes, self.people.next()];
        all.into_iter().flatten().min()
    }
}
