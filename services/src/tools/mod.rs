//! The role `tools`: the tools that an agent can use, and who may use them.

mod calculator;
mod fetch;
mod registry;

use std::time::Duration;

use agent_contract::agent::v2::tool_service_server::ToolService;
use agent_contract::agent::v2::{self, *};
use opentelemetry::KeyValue;
use prost::Message as _;
use prost_types::Struct;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

pub use self::calculator::find_expression;
pub use self::registry::{Registry, Tool, from_json, object, to_json};
use crate::call::Call;
use crate::checks::{count, cut, key_of, optional, page, principal, request_id, text};
use crate::links::Links;
use crate::methods::code_name;
use crate::records::{Records, at_most};
use crate::telemetry::spans;

/// The longest time that a tool has.
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
            (method, key) => self.records.once((method, &key_of(call, key)), request, run).await,
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
        let v2::Tool { name, max_duration, .. } = tool.about();
        let attributes = vec![
            KeyValue::new("gen_ai.operation.name", "execute_tool"),
            KeyValue::new("gen_ai.tool.name", name.clone()),
        ];
        let (call, mut span) = call.span(format!("execute_tool {name}"), attributes);
        let (started, limit) = (Instant::now(), at_most(LIMIT, max_duration));
        let run = tokio::time::timeout(limit, tool.run(&call, arguments));
        let outcome = match call
            .in_time(run)
            .await
            .inspect_err(|status| spans::fail(&mut span, code_name(status.code())))?
        {
            Ok(Ok(text)) => tool_result::Outcome::Output(limited(text)),
            Ok(Err(message)) => failed(ProblemCode::ToolFailed, message),
            Err(_) => {
                failed(ProblemCode::DeadlineExceeded, format!("it did not end within {limit:?}"))
            }
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

    /// Runs a tool for a principal who may use it.
    async fn execute(
        &self,
        call: &Call,
        principal: &str,
        request: &ExecuteToolRequest,
    ) -> Result<ExecuteToolResponse, Status> {
        let name = &request.tool_name;
        let tool = self.get(name)?;
        let soon = call.until(Instant::now().checked_add(LIMIT));
        if !self.may_use(&soon, tool, principal, &request.conversation_id).await? {
            let message = format!("{principal} may not use the tool {name}");
            return Err(Status::permission_denied(message));
        }
        let arguments = request.arguments.clone().unwrap_or_default();
        let result = self.invoke(call, tool, &arguments, request.tool_call_id.clone()).await?;
        Ok(ExecuteToolResponse { result: Some(result) })
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
        optional("conversation_id", &request.conversation_id)?;
        let mut tools = Vec::new();
        for tool in self.registry.all() {
            if self.may_use(&call, tool, &principal, &request.conversation_id).await? {
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
        self.get(text("tool_name", &request.tool_name)?)?;
        let principal = principal(&request.principal_id, &call.principal)?;
        optional("conversation_id", &request.conversation_id)?;
        optional("tool_call_id", &request.tool_call_id)?;
        let key = key_of(&call, request_id(&request.request_id)?);
        // It goes on when the call ends: a repeated request waits for its result.
        let (own, detached) = (self.clone(), call.detached());
        let work = tokio::spawn(async move {
            let make = own.execute(&detached, &principal, &request);
            own.records.once(("ExecuteTool", &key), request.encode_to_vec(), make).await
        });
        let done = call.in_time(work).await?;
        done.map_err(|error| Status::internal(error.to_string()))?.map(Response::new)
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

fn failed(code: ProblemCode, message: String) -> tool_result::Outcome {
    let retryable = code == ProblemCode::DeadlineExceeded;
    tool_result::Outcome::Problem(Problem {
        code: code.into(),
        message,
        retryable,
        retry_after: None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;
    use tonic::Code;

    use super::*;
    use crate::call::PRINCIPAL;

    /// A tool that ends when it is let.
    #[derive(Clone)]
    struct Slow {
        runs: Arc<AtomicUsize>,
        ends: Arc<Semaphore>,
        limit: Duration,
    }

    #[tonic::async_trait]
    impl super::Tool for Slow {
        fn about(&self) -> v2::Tool {
            v2::Tool {
                name: "slow".to_owned(),
                input_schema_json: "{}".to_owned(),
                max_duration: self.limit.try_into().ok(),
                ..v2::Tool::default()
            }
        }

        async fn run(&self, _: &Call, _: &Struct) -> Result<String, String> {
            let number = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            self.ends.acquire().await.map_err(|error| error.to_string())?.forget();
            Ok(format!("run {number}"))
        }
    }

    fn tools(limit: Duration) -> (Tools, Slow) {
        let slow = Slow { runs: Arc::default(), ends: Arc::new(Semaphore::new(0)), limit };
        let records = Records::open(None).expect("it is in memory");
        let registry = Registry::new(vec![Box::new(slow.clone())]);
        (Tools::new(records, registry, Links::nowhere()), slow)
    }

    fn request(principal: &str) -> Request<ExecuteToolRequest> {
        let mut request = Request::new(ExecuteToolRequest {
            request_id: "k".to_owned(),
            tool_name: "slow".to_owned(),
            ..ExecuteToolRequest::default()
        });
        request.metadata_mut().insert(PRINCIPAL, principal.parse().expect("it is text"));
        request
    }

    async fn execute(tools: &Tools, request: Request<ExecuteToolRequest>) -> Result<String, Code> {
        let answer = tools.execute_tool(request).await.map_err(|status| status.code())?;
        match answer.into_inner().result.and_then(|result| result.outcome) {
            Some(tool_result::Outcome::Output(output)) => Ok(output.text),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_tool_runs_on_when_its_call_ends() {
        let (tools, slow) = tools(LIMIT);
        let mut first = request("anna");
        first.set_timeout(Duration::from_millis(20));
        assert_eq!(execute(&tools, first).await, Err(Code::DeadlineExceeded));
        slow.ends.add_permits(1);
        assert_eq!(execute(&tools, request("anna")).await.as_deref(), Ok("run 1"));
        assert_eq!(execute(&tools, request("anna")).await.as_deref(), Ok("run 1"));
        // The same key of another caller is another one.
        slow.ends.add_permits(1);
        assert_eq!(execute(&tools, request("ben")).await.as_deref(), Ok("run 2"));
        assert_eq!(slow.runs.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_caller_executes_tools_for_itself_only() {
        let (tools, slow) = tools(LIMIT);
        let mut other = request("ben");
        other.get_mut().principal_id = Some(PrincipalId { value: "anna".to_owned() });
        assert_eq!(execute(&tools, other).await, Err(Code::NotFound));
        let mut odd = request("ben");
        odd.get_mut().tool_call_id = Some(ToolCallId { value: "a b".to_owned() });
        assert_eq!(execute(&tools, odd).await, Err(Code::InvalidArgument));
        assert_eq!(slow.runs.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_tool_that_takes_too_long_is_stopped() {
        let (tools, _) = tools(Duration::from_millis(20));
        let answer = tools.execute_tool(request("anna")).await.expect("it is an answer");
        let outcome = answer.into_inner().result.and_then(|result| result.outcome);
        let Some(tool_result::Outcome::Problem(problem)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((problem.code(), problem.retryable), (ProblemCode::DeadlineExceeded, true));
    }
}
