//! The role `permission`: grants, and whether they cover an action.

use std::time::Duration;

use agent_contract::agent::v2::permission_service_server::PermissionService;
use agent_contract::agent::v2::*;
use prost::Message as _;
use tonic::{Request, Response, Status};

use crate::call::Call;
use crate::checks::{
    self, check_owner, invalid, key_of, optional, reaches, request_id, required, text,
};
use crate::records::{DAY, Records, at_most, is_past, time_in};

/// The kind of the records.
const GRANT: &str = "grant";

/// The service of grants.
#[derive(Clone)]
pub struct Permissions {
    records: Records,
}

impl Permissions {
    /// Returns the service of the grants in `records`.
    pub fn new(records: Records) -> Self {
        Permissions { records }
    }

    /// Stores a grant of which everything is known.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn put(&self, grant: &Grant) -> Result<(), Status> {
        self.records.put(GRANT, &grant.id.clone().unwrap_or_default().value, grant)
    }

    fn grant_for(
        &self,
        principal: &str,
        access: &Access,
        conversation: Option<&str>,
    ) -> Result<Option<Grant>, Status> {
        let grants = self.records.all::<Grant>(GRANT)?.into_iter().map(|(_, grant)| grant);
        Ok(grants.into_iter().find(|grant| {
            let counts_in = grant.conversation_id.as_ref().map(|id| &*id.value);
            grant.principal_id.as_ref().is_some_and(|id| id.value == principal)
                && counts_in.is_none_or(|id| Some(id) == conversation)
                && grant.revoke_time.is_none()
                && !is_past(grant.expire_time.as_ref())
                && grant.scopes.iter().any(|scope| covers(scope, access))
        }))
    }
}

/// Returns whether a text is an action: words that are separated by dots.
fn is_action(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.split('.').all(|word| !word.is_empty() && word.chars().all(is_allowed))
}

/// Checks the scope of a grant.
fn check_scope(scope: &Scope) -> Result<(), Status> {
    let action = scope.action.strip_suffix(".*").unwrap_or(&scope.action);
    if !is_action(action) {
        return Err(invalid("scopes.action", "is no action, and no prefix of actions"));
    }
    text("scopes.resource_type", &scope.resource_type)?;
    match &scope.resources {
        Some(scope::Resources::ResourceId(id)) => text("scopes.resource_id", id).map(drop),
        Some(scope::Resources::AnyResource(_)) => Ok(()),
        None => Err(invalid("scopes.resources", "is required")),
    }
}

fn covers(scope: &Scope, access: &Access) -> bool {
    let is_action = match scope.action.strip_suffix('*') {
        Some(prefix) => access.action.starts_with(prefix),
        None => access.action == scope.action,
    };
    let is_resource = match &scope.resources {
        Some(scope::Resources::ResourceId(id)) => *id == access.resource_id,
        Some(scope::Resources::AnyResource(_)) => true,
        None => false,
    };
    is_action && is_resource && scope.resource_type == access.resource_type
}

#[tonic::async_trait]
impl PermissionService for Permissions {
    async fn check_permission(
        &self,
        request: Request<CheckPermissionRequest>,
    ) -> Result<Response<CheckPermissionResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let principal = required("principal_id", &request.principal_id)?;
        check_owner("principal_id", principal, &call.principal)?;
        let access = request.access.as_ref().ok_or_else(|| invalid("access", "is required"))?;
        if !is_action(&access.action) {
            return Err(invalid("access.action", "is no action"));
        }
        text("access.resource_type", &access.resource_type)?;
        text("access.resource_id", &access.resource_id)?;
        let conversation = optional("conversation_id", &request.conversation_id)?;
        let (decision, grant_id, explanation) =
            match self.grant_for(principal, access, conversation)? {
                Some(grant) => (Decision::Allowed, grant.id, "a grant covers the action"),
                // What is only read needs no grant.
                None if access.action.ends_with(".read") => {
                    (Decision::Allowed, None, "everyone may read")
                }
                None => (Decision::Denied, None, "no grant covers the action"),
            };
        Ok(Response::new(CheckPermissionResponse {
            decision: decision.into(),
            grant_id,
            explanation: explanation.to_owned(),
        }))
    }

    async fn grant_permission(
        &self,
        request: Request<GrantPermissionRequest>,
    ) -> Result<Response<GrantPermissionResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        if call.principal.starts_with("agent-") {
            return Err(Status::permission_denied("agents do not grant permissions"));
        }
        let encoded = request.encode_to_vec();
        let principal = required("principal_id", &request.principal_id)?.to_owned();
        check_owner("principal_id", &principal, &call.principal)?;
        optional("conversation_id", &request.conversation_id)?;
        if request.scopes.is_empty() {
            return Err(invalid("scopes", "is empty"));
        }
        request.scopes.iter().try_for_each(check_scope)?;
        let time_to_live = request.time_to_live;
        let time_to_live = time_to_live.ok_or_else(|| invalid("time_to_live", "is required"))?;
        checks::time_to_live(Some(&time_to_live))?;
        let key = key_of(&call, request_id(&request.request_id)?);
        let make = async {
            let id = self.records.new_id(GRANT)?;
            let grant = Grant {
                id: Some(GrantId { value: id.clone() }),
                principal_id: request.principal_id,
                scopes: request.scopes,
                conversation_id: request.conversation_id,
                granted_by: call.named().map(|name| PrincipalId { value: name.to_owned() }),
                reason: request.reason,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(DAY, Some(time_to_live))),
                revoke_time: None,
            };
            self.put(&grant)?;
            let (by, reason) = (&*call.principal, &*grant.reason);
            tracing::info!(target: "agentd", grant = id, principal, by, reason, "granted");
            Ok(GrantPermissionResponse { grant: Some(grant) })
        };
        self.records.once(("GrantPermission", &key), encoded, make).await.map(Response::new)
    }

    async fn revoke_grant(
        &self,
        request: Request<RevokeGrantRequest>,
    ) -> Result<Response<RevokeGrantResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let id = required("grant_id", &request.grant_id)?;
        let is_own = |grant: &Grant| {
            let owner = grant.principal_id.as_ref();
            owner.is_some_and(|owner| reaches(&call.principal, &owner.value))
        };
        let found = self.records.get::<Grant>(GRANT, id)?.filter(is_own);
        let mut grant =
            found.ok_or_else(|| Status::not_found(format!("there is no grant {id:?}")))?;
        if grant.revoke_time.is_none() {
            grant.revoke_time = time_in(Duration::ZERO);
            self.put(&grant)?;
            let (by, reason) = (&*call.principal, &*request.reason);
            tracing::info!(target: "agentd", grant = id, by, reason, "revoked");
        }
        Ok(Response::new(RevokeGrantResponse { grant: Some(grant) }))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::checks::tests::{by, result};

    fn permissions() -> Permissions {
        Permissions::new(Records::open(None).expect("it is in memory"))
    }

    fn scope(action: &str, resource_type: &str, resource: &str) -> Scope {
        Scope {
            action: action.to_owned(),
            resource_type: resource_type.to_owned(),
            resources: Some(scope::Resources::ResourceId(resource.to_owned())),
        }
    }

    fn grant(key: &str, scope: Scope) -> GrantPermissionRequest {
        GrantPermissionRequest {
            request_id: key.to_owned(),
            principal_id: Some(PrincipalId { value: "anna".to_owned() }),
            scopes: vec![scope],
            time_to_live: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
            ..GrantPermissionRequest::default()
        }
    }

    async fn decision(own: &Permissions, access: [&str; 3]) -> Result<Decision, Code> {
        let [action, resource_type, resource_id] = access.map(str::to_owned);
        let request = CheckPermissionRequest {
            principal_id: Some(PrincipalId { value: "anna".to_owned() }),
            access: Some(Access { action, resource_type, resource_id }),
            conversation_id: None,
        };
        let answer = own.check_permission(Request::new(request)).await;
        result(answer).map(|answer| answer.decision())
    }

    #[tokio::test]
    async fn a_scope_has_an_action_or_a_prefix_before_a_dot() {
        let own = permissions();
        for (action, kind, resource) in [
            ("", "tool", "x"),
            ("*", "tool", "x"),
            (".*", "tool", "x"),
            ("tool*", "tool", "x"),
            ("tools.*.x", "tool", "x"),
            ("tools..x", "tool", "x"),
            ("Tools.execute", "tool", "x"),
            ("tools.execute", "", "x"),
            ("tools.execute", "tool", " "),
        ] {
            let request = grant("refused", scope(action, kind, resource));
            let refused = own.grant_permission(Request::new(request)).await;
            assert_eq!(result(refused).err(), Some(Code::InvalidArgument), "{action}");
        }
        let granted = own.grant_permission(Request::new(grant("k", scope("tools.*", "tool", "x"))));
        assert!(granted.await.is_ok());
        assert_eq!(decision(&own, ["tools.execute", "tool", "x"]).await, Ok(Decision::Allowed));
        assert_eq!(decision(&own, ["toolsmith.run", "tool", "x"]).await, Ok(Decision::Denied));
        for access in [["tools.*", "tool", "x"], ["tools.run", "", "x"], ["tools.run", "tool", ""]]
        {
            assert_eq!(decision(&own, access).await, Err(Code::InvalidArgument), "{access:?}");
        }
    }

    #[tokio::test]
    async fn a_key_is_of_one_request_and_one_caller() {
        let own = permissions();
        let request = || grant("k", scope("tools.execute", "tool", "x"));
        let first = result(own.grant_permission(Request::new(request())).await);
        assert_eq!(result(own.grant_permission(Request::new(request())).await), first);
        assert_eq!(first.clone().map(|it| it.grant.expect("it is set").granted_by), Ok(None));
        let other = GrantPermissionRequest { reason: "other".to_owned(), ..request() };
        let other = own.grant_permission(Request::new(other)).await;
        assert_eq!(result(other).err(), Some(Code::InvalidArgument));
        let of_anna = result(own.grant_permission(by("anna", request())).await);
        assert!(of_anna.is_ok() && of_anna != first);
        let negative = Some(prost_types::Duration { seconds: -1, nanos: 0 });
        let negative = GrantPermissionRequest { time_to_live: negative, ..request() };
        let negative = own.grant_permission(Request::new(negative)).await;
        assert_eq!(result(negative).err(), Some(Code::InvalidArgument));
    }

    #[tokio::test]
    async fn a_caller_reaches_only_its_own_grants() {
        let own = permissions();
        let request = || grant("k", scope("tools.execute", "tool", "x"));
        let refused = own.grant_permission(by("ben", request())).await;
        assert_eq!(result(refused).err(), Some(Code::NotFound));
        let granted = result(own.grant_permission(by("anna", request())).await);
        let grant_id = granted.expect("it is granted").grant.expect("it is set").id;
        let revoke = || RevokeGrantRequest { grant_id: grant_id.clone(), reason: String::new() };
        let refused = own.revoke_grant(by("ben", revoke())).await;
        assert_eq!(result(refused).err(), Some(Code::NotFound));
        assert_eq!(decision(&own, ["tools.execute", "tool", "x"]).await, Ok(Decision::Allowed));
        assert!(own.revoke_grant(by("anna", revoke())).await.is_ok());
        assert_eq!(decision(&own, ["tools.execute", "tool", "x"]).await, Ok(Decision::Denied));
    }
}
