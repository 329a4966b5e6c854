//! The role `tools`: the tools that an agent can use, and who may use them.

mod calculator;
mod fetch;
mod registry;

use std::time::{Duration, Instant};

use agent_contract::agent::v2::tool_service_server::ToolService;
use agent_contract::agent::v2::*;
use opentelemetry::KeyValue;
use prost::Message as _;
use prost_types::Struct;
use tonic::{Request, Response, Status};

pub use self::calculator::find_expression;
pub use self::registry::{Registry, Tool, from_json, object, to_json};
use crate::call::Call;
use crate::checks::{count, cut, optional, page, principal, request_id, text};
use crate::links::Links;
use crate::records::Records;
use crate::telemetry::spans;

/// The time that a tool has, unless its caller has less.
const LIMIT: Duration = Duration::from_secs(10);

/// The most bytes of a tool's output.
const MAX_OUTPUT: usize = 64 << 10;

/// The end of an output that was longer.
const CUT: &str = "\n[The rest was cut.]";

/// The service of tools.
#[derive(Clone)]
pub struct Tools {
    records: Records,
    registry: Registry,
    links: Links,
}

impl Tools {
    /// Returns the service of the tools in `registry`.
    pub fn new(records: Records, registry: Registry, links: Links) -> Self {
        Tools { records, registry, links }
    }

    /// Returns what is known of all tools.
    pub fn all(&self) -> impl Iterator<Item = agent_contract::agent::v2::Tool> {
        self.registry.all().map(|tool| tool.about())
    }

    /// Runs a tool, whoever asks for it: package `agent` has no permissions. A repeated request with
    /// the same key gets the first result.
    ///
    /// # Errors
    ///
    /// NOT_FOUND: there is no such tool. INVALID_ARGUMENT: its arguments are wrong.
    pub async fn run(
        &self,
        call: &Call,
        name: &str,
        arguments: &Struct,
        key: (&str, &str),
        request: Vec<u8>,
    ) -> Result<ToolResult, Status> {
        let tool = self.get(name)?;
        let run = self.invoke(call, tool, arguments, None);
        match key {
            (_, "") => run.await,
            key => self.records.once(key, request, run).await,
        }
    }

    fn get(&self, name: &str) -> Result<&dyn Tool, Status> {
        let tool = self.registry.get(name);
        tool.ok_or_else(|| Status::not_found(format!("there is no tool {name:?}")))
    }

    /// Checks the arguments, and runs the tool within its time limit.
    async fn invoke(
        &self,
        call: &Call,
        tool: &dyn Tool,
        arguments: &Struct,
        tool_call_id: Option<ToolCallId>,
    ) -> Result<ToolResult, Status> {
        self.registry.check(tool, arguments)?;
        let name = tool.about().name;
        let attributes = vec![
            KeyValue::new("gen_ai.operation.name", "execute_tool"),
            KeyValue::new("gen_ai.tool.name", name.clone()),
        ];
        let (call, mut span) = call.span(format!("execute_tool {name}"), attributes);
        let started = Instant::now();
        let run = tokio::time::timeout(LIMIT, tool.run(&call, arguments));
        let outcome = match call.in_time(run).await? {
            Ok(Ok(text)) => tool_result::Outcome::Output(limited(text)),
            Ok(Err(message)) => failed(message, false),
            Err(_) => failed(format!("it did not end within {} s", LIMIT.as_secs()), true),
        };
        if matches!(outcome, tool_result::Outcome::Problem(_)) {
            spans::fail(&mut span, "tool_failed");
        }
        Ok(ToolResult {
            tool_call_id,
            run_time: started.elapsed().try_into().ok(),
            outcome: Some(outcome),
        })
    }

    /// Whether a principal may use a tool: all its required actions have to be allowed.
    async fn may_use(
        &self,
        call: &Call,
        tool: &dyn Tool,
        principal: &str,
        conversation: &Option<ConversationId>,
    ) -> Result<bool, Status> {
        for action in tool.about().required_actions {
            let request = CheckPermissionRequest {
                principal_id: Some(PrincipalId { value: principal.to_owned() }),
                access: Some(Access {
                    action,
                    resource_type: "tool".to_owned(),
                    resource_id: tool.about().name,
                }),
                conversation_id: conversation.clone(),
            };
            let answer = self.links.permission().check_permission(call.request(request)).await?;
            if answer.into_inner().decision() != Decision::Allowed {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[tonic::async_trait]
impl ToolService for Tools {
    async fn list_tools(
        &self,
        request: Request<ListToolsRequest>,
    ) -> Result<Response<ListToolsResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let principal = principal(&request.principal_id, &call.principal)?;
        let mut tools = Vec::new();
        for tool in self.registry.all() {
            if self.may_use(&call, tool, &principal, &None).await? {
                tools.push(tool.about());
            }
        }
        let size = count("page_size", request.page_size, 100, 500)?;
        let (tools, next_page_token) = page(tools, size, &request.page_token)?;
        Ok(Response::new(ListToolsResponse { tools, next_page_token }))
    }

    async fn execute_tool(
        &self,
        request: Request<ExecuteToolRequest>,
    ) -> Result<Response<ExecuteToolResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let name = text("tool_name", &request.tool_name)?;
        let tool = self.get(name)?;
        let principal = principal(&request.principal_id, &call.principal)?;
        optional("conversation_id", &request.conversation_id)?;
        let key = ("ExecuteTool", request_id(&request.request_id)?);
        let make = async {
            if !self.may_use(&call, tool, &principal, &request.conversation_id).await? {
                let message = format!("{principal} may not use the tool {name}");
                return Err(Status::permission_denied(message));
            }
            let arguments = request.arguments.clone().unwrap_or_default();
            let id = request.tool_call_id.clone();
            let result = self.invoke(&call, tool, &arguments, id).await?;
            Ok(ExecuteToolResponse { result: Some(result) })
        };
        self.records.once(key, request.encode_to_vec(), make).await.map(Response::new)
    }
}

/// Returns an output that is not too long. One that was cut says so: a model sees only the text.
fn limited(text: String) -> ToolOutput {
    if text.len() <= MAX_OUTPUT {
        return ToolOutput { text, truncated: false };
    }
    let text = format!("{}{CUT}", cut(&text, MAX_OUTPUT - CUT.len()));
    ToolOutput { text, truncated: true }
}

fn failed(message: String, retryable: bool) -> tool_result::Outcome {
    tool_result::Outcome::Problem(Problem {
        code: ProblemCode::ToolFailed.into(),
        message,
        retryable,
        retry_after: None,
    })
}
