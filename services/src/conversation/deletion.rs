//! How conversations end: a client deletes them, or they expire. One with the id of an expired one
//! begins anew.

use std::time::Duration;

use agent_contract::agent::v2::{
    ConversationId, ForgetMemoriesRequest, MemoryScope, TurnId, forget_memories_request,
};
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::{CONVERSATION, Conversations, TURN, Thread};
use crate::call::Call;

/// How long a deletion may take.
const DELETION: Duration = Duration::from_secs(60);

impl Conversations {
    /// Creates a conversation of the caller, unless there is one with this id. Of an expired one
    /// nothing is left in the new one.
    ///
    /// # Errors
    ///
    /// As of a deletion.
    pub(crate) async fn create_if_missing(&self, call: &Call, id: &str) -> Result<(), Status> {
        let _guard = self.chosen.lock().await;
        match self.records.get::<Thread>(CONVERSATION, id)? {
            Some(thread) if !thread.is_expired() => return Ok(()),
            Some(thread) => self.delete(call, &thread).await?,
            None => {}
        }
        self.create(id, &call.principal, String::new(), None).map(drop)
    }

    /// Deletes the conversations that have expired, but for those with a running turn. One that cannot
    /// be deleted does not keep the others.
    ///
    /// # Errors
    ///
    /// The first error of a deletion.
    pub(crate) async fn delete_expired(&self) -> Result<(), Status> {
        let call = Call::of(&MetadataMap::new(), None)?;
        let mut result = Ok(());
        for (id, thread) in self.records.all::<Thread>(CONVERSATION)? {
            if thread.is_expired() {
                result = result.and(self.delete_if_expired(&call, &id).await);
            }
        }
        result
    }

    async fn delete_if_expired(&self, call: &Call, id: &str) -> Result<(), Status> {
        let _guard = self.chosen.lock().await;
        let is_running = |turn: &TurnId| self.running().contains_key(&turn.value);
        if let Some(thread) = self.records.get::<Thread>(CONVERSATION, id)?
            && thread.is_expired()
            && !thread.active_turn().is_some_and(is_running)
        {
            self.delete(call, &thread).await?;
        }
        Ok(())
    }

    /// Deletes a conversation with its turns and memories.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE: the memories cannot be reached. DEADLINE_EXCEEDED: the active turn does not end, or
    /// the memories are silent. INTERNAL: the database fails.
    pub(super) async fn delete(&self, call: &Call, thread: &Thread) -> Result<(), Status> {
        let call = call.until(Some(Instant::now() + DELETION));
        if let Some(active) = thread.active_turn()
            && let Ok(log) = self.log(active)
        {
            log.cancel();
            // From now on it appends no memory.
            call.in_time(log.finished()).await?;
        }
        let about = thread.about.as_ref();
        let id = about.and_then(|about| about.id.clone()).unwrap_or_default();
        let forget = ForgetMemoriesRequest {
            selection: Some(forget_memories_request::Selection::Scope(MemoryScope {
                principal_id: about.and_then(|about| about.principal_id.clone()),
                conversation_id: Some(id.clone()),
            })),
        };
        self.links.memory().forget_memories(call.request(forget)).await?;
        // Last: as long as something is left, the request can be repeated.
        self.delete_records(&id)
    }

    fn delete_records(&self, id: &ConversationId) -> Result<(), Status> {
        // Nobody begins or ends a turn meanwhile.
        let running = self.running();
        let found = self.records.get::<Thread>(CONVERSATION, &id.value)?;
        let Some(thread) = found else { return Ok(()) };
        for turn_id in thread.messages.iter().filter_map(|message| message.turn_id.as_ref()) {
            if let Some(log) = running.get(&turn_id.value) {
                log.cancel();
            }
            self.records.delete(TURN, &turn_id.value)?;
        }
        self.records.delete(CONVERSATION, &id.value)
    }
}
