//! The role `permission`: grants, and whether they cover an action.

use agent_contract::agent::v2::permission_service_server::PermissionService;
use agent_contract::agent::v2::*;
use tonic::{Request, Response, Status};

use crate::call::Call;
use crate::checks::{invalid, optional, request_id, required, text};
use crate::records::{DAY, Records, at_most, is_past, time_in};
use std::time::Duration;

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
        let request = request.into_inner();
        let principal = required("principal_id", &request.principal_id)?;
        let access = request.access.as_ref().ok_or_else(|| invalid("access", "is required"))?;
        text("access.action", &access.action)?;
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
        let granted_by = Call::of(request.metadata(), None)?.principal;
        let request = request.into_inner();
        if granted_by.starts_with("agent-") {
            return Err(Status::permission_denied("agents do not grant permissions"));
        }
        required("principal_id", &request.principal_id)?;
        optional("conversation_id", &request.conversation_id)?;
        if request.scopes.is_empty() {
            return Err(invalid("scopes", "is empty"));
        }
        for scope in &request.scopes {
            if matches!(&*scope.action, "" | "*") || scope.resources.is_none() {
                return Err(invalid("scopes", "has one for all actions, or without resources"));
            }
        }
        let time_to_live = request.time_to_live;
        let time_to_live = time_to_live.ok_or_else(|| invalid("time_to_live", "is required"))?;
        let key = ("GrantPermission", &*request_id(&request.request_id)?.to_owned());
        let make = async {
            let id = self.records.new_id(GRANT)?;
            let grant = Grant {
                id: Some(GrantId { value: id }),
                principal_id: request.principal_id,
                scopes: request.scopes,
                conversation_id: request.conversation_id,
                granted_by: Some(PrincipalId { value: granted_by }),
                reason: request.reason,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(DAY, Some(time_to_live))),
                revoke_time: None,
            };
            self.put(&grant)?;
            Ok(GrantPermissionResponse { grant: Some(grant) })
        };
        self.records.once(key, Vec::new(), make).await.map(Response::new)
    }

    async fn revoke_grant(
        &self,
        request: Request<RevokeGrantRequest>,
    ) -> Result<Response<RevokeGrantResponse>, Status> {
        let request = request.into_inner();
        let id = required("grant_id", &request.grant_id)?;
        let mut grant = self
            .records
            .get::<Grant>(GRANT, id)?
            .ok_or_else(|| Status::not_found(format!("there is no grant {id:?}")))?;
        if grant.revoke_time.is_none() {
            grant.revoke_time = time_in(Duration::ZERO);
            self.put(&grant)?;
        }
        Ok(Response::new(RevokeGrantResponse { grant: Some(grant) }))
    }
}
