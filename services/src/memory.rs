//! The role `memory`: what is remembered of people and conversations.

use std::time::Duration;

use agent_contract::agent::v2::memory_service_server::MemoryService;
use agent_contract::agent::v2::{forget_memories_request as forget, *};
use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::call::Call;
use crate::checks::{
    self, check_owner, count, cut, invalid, key_of, optional, reaches, request_id, required, text,
};
use crate::rag::{MAX_QUERY, word_overlap};
use crate::records::{DAY, Records, at_most, is_past, time_in};

/// The kind of the records.
const MEMORY: &str = "memory";

/// The service of memories.
#[derive(Clone)]
pub struct Memories {
    records: Records,
}

impl Memories {
    /// Returns the service of the memories in `records`.
    pub fn new(records: Records) -> Self {
        Memories { records }
    }

    /// Stores a memory of which everything is known.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn put(&self, memory: &Memory) -> Result<(), Status> {
        self.records.put(MEMORY, &memory.id.clone().unwrap_or_default().value, memory)
    }

    /// Deletes the memories that have expired.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub(crate) fn delete_expired(&self) -> Result<(), Status> {
        for (key, memory) in self.records.all::<Memory>(MEMORY)? {
            if is_past(memory.expire_time.as_ref()) {
                self.records.delete(MEMORY, &key)?;
            }
        }
        Ok(())
    }
}

/// Checks the scope of a request, and returns it.
fn scope_of(call: &Call, scope: Option<MemoryScope>) -> Result<MemoryScope, Status> {
    let scope = scope.ok_or_else(|| invalid("scope", "is required"))?;
    let field = "scope.principal_id";
    check_owner(field, required(field, &scope.principal_id)?, &call.principal)?;
    optional("scope.conversation_id", &scope.conversation_id)?;
    Ok(scope)
}

/// Returns a kind that is known.
fn known(kind: i32) -> i32 {
    let kind = MemoryKind::try_from(kind).unwrap_or_default();
    if kind == MemoryKind::Unspecified { MemoryKind::Fact } else { kind }.into()
}

#[tonic::async_trait]
impl MemoryService for Memories {
    async fn append_memory(
        &self,
        request: Request<AppendMemoryRequest>,
    ) -> Result<Response<AppendMemoryResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let encoded = request.encode_to_vec();
        let scope = scope_of(&call, request.scope)?;
        if text("text", &request.text)?.len() > 8192 {
            return Err(invalid("text", "is longer than 8 KiB"));
        }
        optional("source_turn_id", &request.source_turn_id)?;
        checks::time_to_live(request.time_to_live.as_ref())?;
        let key = key_of(&call, request_id(&request.request_id)?);
        let mut is_new = false;
        // Only the id is kept for a repeated request, so that a forgotten text is forgotten.
        let make = async {
            is_new = true;
            let id = MemoryId { value: self.records.new_id(MEMORY)? };
            let memory = Memory {
                id: Some(id.clone()),
                scope: Some(scope),
                kind: known(request.kind),
                text: request.text,
                source_turn_id: request.source_turn_id,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(365 * DAY, request.time_to_live)),
            };
            self.put(&memory)?;
            Ok(id)
        };
        let id = self.records.once(("AppendMemory", &key), encoded, make).await?;
        match self.records.get::<Memory>(MEMORY, &id.value)? {
            Some(memory) if is_new || !is_past(memory.expire_time.as_ref()) => {
                Ok(Response::new(AppendMemoryResponse { memory: Some(memory) }))
            }
            _ => Err(Status::not_found("the memory of this request is forgotten")),
        }
    }

    async fn search_memories(
        &self,
        request: Request<SearchMemoriesRequest>,
    ) -> Result<Response<SearchMemoriesResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let scope = scope_of(&call, request.scope)?;
        let query = cut(text("query", &request.query)?, MAX_QUERY);
        let most = count("top_k", request.top_k, 10, 100)?;
        if request.min_relevance.is_nan() {
            return Err(invalid("min_relevance", "is not a number"));
        }
        let kinds: Vec<i32> = request.kinds.into_iter().map(known).collect();
        let is_in_scope = |of: &MemoryScope| {
            let is_general = of.conversation_id.is_none();
            of.principal_id == scope.principal_id
                && (is_general || of.conversation_id == scope.conversation_id)
        };
        let memories = self.records.all::<Memory>(MEMORY)?.into_iter().map(|(_, memory)| memory);
        let memories = memories.filter(|memory| {
            memory.scope.as_ref().is_some_and(is_in_scope)
                && !is_past(memory.expire_time.as_ref())
                && (kinds.is_empty() || kinds.contains(&memory.kind))
        });
        let found = memories.map(|memory| FoundMemory {
            relevance: word_overlap(query, &memory.text),
            memory: Some(memory),
        });
        let is_relevant =
            |it: &FoundMemory| it.relevance > 0.0 && it.relevance >= request.min_relevance;
        let mut memories: Vec<FoundMemory> = found.filter(is_relevant).collect();
        let created = |it: &FoundMemory| {
            let time = it.memory.as_ref().and_then(|memory| memory.create_time);
            time.map(|time| (time.seconds, time.nanos))
        };
        // Of equally relevant ones the newer first.
        memories.sort_by(|a, b| {
            b.relevance.total_cmp(&a.relevance).then_with(|| created(b).cmp(&created(a)))
        });
        memories.truncate(most);
        Ok(Response::new(SearchMemoriesResponse { memories }))
    }

    async fn forget_memories(
        &self,
        request: Request<ForgetMemoriesRequest>,
    ) -> Result<Response<ForgetMemoriesResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let selection = request.into_inner().selection;
        let selection = selection.ok_or_else(|| invalid("selection", "is required"))?;
        match &selection {
            forget::Selection::Ids(list) => {
                if !(1..=1000).contains(&list.ids.len()) {
                    return Err(invalid("ids", "has to have 1 to 1000 items"));
                }
                list.ids.iter().try_for_each(|id| checks::id("ids", id).map(drop))?;
            }
            forget::Selection::Scope(scope) => drop(scope_of(&call, Some(scope.clone()))?),
        }
        let is_own = |memory: &Memory| {
            let owner = memory.scope.as_ref().and_then(|scope| scope.principal_id.as_ref());
            owner.is_some_and(|owner| reaches(&call.principal, &owner.value))
        };
        let is_selected = |memory: &Memory| match &selection {
            forget::Selection::Ids(list) => {
                memory.id.as_ref().is_some_and(|id| list.ids.contains(id)) && is_own(memory)
            }
            forget::Selection::Scope(scope) => memory.scope.as_ref().is_some_and(|of| {
                let is_in =
                    scope.conversation_id.is_none() || of.conversation_id == scope.conversation_id;
                of.principal_id == scope.principal_id && is_in
            }),
        };
        let mut forgotten_count = 0;
        for (key, memory) in self.records.all::<Memory>(MEMORY)? {
            if is_selected(&memory) {
                self.records.delete(MEMORY, &key)?;
                forgotten_count += i64::from(!is_past(memory.expire_time.as_ref()));
            }
        }
        Ok(Response::new(ForgetMemoriesResponse { forgotten_count }))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::checks::tests::{by, result};

    fn memories() -> Memories {
        Memories::new(Records::open(None).expect("it is in memory"))
    }

    fn scope(principal: &str) -> Option<MemoryScope> {
        let principal_id = Some(PrincipalId { value: principal.to_owned() });
        Some(MemoryScope { principal_id, conversation_id: None })
    }

    fn fact(key: &str, text: &str) -> AppendMemoryRequest {
        AppendMemoryRequest {
            request_id: key.to_owned(),
            scope: scope("anna"),
            text: text.to_owned(),
            ..AppendMemoryRequest::default()
        }
    }

    fn search() -> SearchMemoriesRequest {
        SearchMemoriesRequest {
            scope: scope("anna"),
            query: "tea".to_owned(),
            ..SearchMemoriesRequest::default()
        }
    }

    fn ids(ids: &[&str]) -> ForgetMemoriesRequest {
        let ids = ids.iter().map(|id| MemoryId { value: (*id).to_owned() }).collect();
        let selection = Some(forget::Selection::Ids(MemoryIdList { ids }));
        ForgetMemoriesRequest { selection }
    }

    async fn append(own: &Memories, request: AppendMemoryRequest) -> Result<Memory, Code> {
        let answer = result(own.append_memory(Request::new(request)).await)?;
        Ok(answer.memory.expect("it is set"))
    }

    async fn found(own: &Memories, request: SearchMemoriesRequest) -> usize {
        let answer = result(own.search_memories(Request::new(request)).await);
        answer.expect("it is well-formed").memories.len()
    }

    #[tokio::test]
    async fn a_key_is_of_one_request_and_one_caller() {
        let own = memories();
        let first = append(&own, fact("k", "Anna likes tea.")).await;
        assert_eq!(append(&own, fact("k", "Anna likes tea.")).await, first);
        assert_eq!(append(&own, fact("k", "Anna likes it.")).await, Err(Code::InvalidArgument));
        let of_anna = own.append_memory(by("anna", fact("k", "Anna likes tea."))).await;
        assert_ne!(result(of_anna).expect("another caller").memory, first.ok());
    }

    #[tokio::test]
    async fn a_caller_reaches_only_its_own_memories() {
        let own = memories();
        let memory = append(&own, fact("k", "Anna likes tea.")).await.expect("it is stored");
        let id = memory.id.expect("it is set").value;
        let refused = own.append_memory(by("ben", fact("b", "Anna owes Ben."))).await;
        assert_eq!(result(refused).err(), Some(Code::NotFound));
        let refused = own.search_memories(by("ben", search())).await;
        assert_eq!(result(refused).err(), Some(Code::NotFound));
        let all = ForgetMemoriesRequest { selection: scope("anna").map(forget::Selection::Scope) };
        assert_eq!(result(own.forget_memories(by("ben", all)).await).err(), Some(Code::NotFound));
        let ignored = own.forget_memories(by("ben", ids(&[&id]))).await;
        assert_eq!(result(ignored).map(|it| it.forgotten_count), Ok(0));
        let forgotten = own.forget_memories(by("anna", ids(&[&id]))).await;
        assert_eq!(result(forgotten).map(|it| it.forgotten_count), Ok(1));
    }

    #[tokio::test]
    async fn a_memory_that_ended_is_not_returned() {
        let own = memories();
        let gone = fact("k", "Anna likes tea.");
        let gone = AppendMemoryRequest { time_to_live: Some(Default::default()), ..gone };
        let memory = append(&own, gone.clone()).await.expect("it is stored");
        assert_eq!(append(&own, gone.clone()).await, Err(Code::NotFound));
        assert_eq!(found(&own, search()).await, 0);
        let id = memory.id.expect("it is set").value;
        let forgotten = own.forget_memories(Request::new(ids(&[&id]))).await;
        assert_eq!(result(forgotten).map(|it| it.forgotten_count), Ok(0));
        assert_eq!(append(&own, gone.clone()).await, Err(Code::NotFound));

        let past = Some(prost_types::Duration { seconds: 0, nanos: -1 });
        let past = AppendMemoryRequest { request_id: "p".to_owned(), time_to_live: past, ..gone };
        assert_eq!(append(&own, past).await, Err(Code::InvalidArgument));
    }

    #[tokio::test]
    async fn an_unknown_kind_is_a_fact() {
        let own = memories();
        for (key, kind) in [("a", 0), ("b", 99)] {
            let request = AppendMemoryRequest { kind, ..fact(key, "Anna likes tea.") };
            let memory = append(&own, request).await.expect("it is stored");
            assert_eq!(memory.kind(), MemoryKind::Fact);
        }
        for kind in [0, 1, 99] {
            assert_eq!(
                found(&own, SearchMemoriesRequest { kinds: vec![kind], ..search() }).await,
                2
            );
        }
        let kinds = vec![MemoryKind::Preference.into()];
        assert_eq!(found(&own, SearchMemoriesRequest { kinds, ..search() }).await, 0);
    }

    #[tokio::test]
    async fn malformed_requests_are_refused() {
        let own = memories();
        let turn = Some(TurnId { value: "a b".to_owned() });
        let odd = AppendMemoryRequest { source_turn_id: turn, ..fact("k", "Anna likes tea.") };
        assert_eq!(append(&own, odd).await, Err(Code::InvalidArgument));
        assert_eq!(append(&own, fact("k", " \n")).await, Err(Code::InvalidArgument));
        let odd = SearchMemoriesRequest { min_relevance: f32::NAN, ..search() };
        let refused = own.search_memories(Request::new(odd)).await;
        assert_eq!(result(refused).err(), Some(Code::InvalidArgument));
        let refused = own.forget_memories(Request::new(ids(&["m-1", ""]))).await;
        assert_eq!(result(refused).err(), Some(Code::InvalidArgument));
    }
}
