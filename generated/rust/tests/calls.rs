//! The services by tonic: a server and a client of the stubs, over a real connection.

use agent_contract::agent::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::conversation_service_server::{
    ConversationService, ConversationServiceServer,
};
use agent_contract::agent::{MessageRequest, MessageResponse, TokenChunk};
use tonic::codegen::tokio_stream::{Iter, iter};
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Code, Request, Response, Status};

/// Answers with the words that it was asked with.
struct Words;

#[tonic::async_trait]
impl ConversationService for Words {
    type StreamResponseStream = Iter<std::vec::IntoIter<Result<TokenChunk, Status>>>;

    async fn handle_message(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<MessageResponse>, Status> {
        let request = request.into_inner();
        if request.session_id.is_empty() {
            return Err(Status::invalid_argument("no session"));
        }
        let response_text = request.user_message;
        Ok(Response::new(MessageResponse { response_text, ..Default::default() }))
    }

    async fn stream_response(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<Self::StreamResponseStream>, Status> {
        let request = request.into_inner();
        let words: Vec<&str> = request.user_message.split(' ').collect();
        let chunk = |(at, word): (usize, &&str)| {
            let token = (*word).to_owned();
            let is_final = at + 1 == words.len();
            let sequence_number = i32::try_from(at).expect("there are few words");
            Ok(TokenChunk { token, is_final, sequence_number, ..Default::default() })
        };
        let chunks: Vec<_> = words.iter().enumerate().map(chunk).collect();
        Ok(Response::new(iter(chunks)))
    }
}

#[tokio::test]
async fn a_client_calls_a_server() {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().expect("it is an address"));
    let incoming = incoming.expect("there is a free port");
    let address = incoming.local_addr().expect("it has an address");
    let server = Server::builder().add_service(ConversationServiceServer::new(Words));
    let server = tokio::spawn(server.serve_with_incoming(incoming));
    let client = ConversationServiceClient::connect(format!("http://{address}"));
    let mut client = client.await.expect("there is a server");

    let request = MessageRequest {
        session_id: "s".to_owned(),
        user_message: "one two three".to_owned(),
        ..Default::default()
    };
    let answer = client.handle_message(request.clone()).await.expect("it is answered");
    assert_eq!(answer.into_inner().response_text, "one two three");

    let stream = client.stream_response(request).await.expect("it is answered");
    let (mut stream, mut tokens) = (stream.into_inner(), Vec::new());
    while let Some(chunk) = stream.message().await.expect("it goes on") {
        tokens.push((chunk.sequence_number, chunk.token, chunk.is_final));
    }
    let wanted = [(0, "one", false), (1, "two", false), (2, "three", true)];
    assert_eq!(tokens, wanted.map(|(at, word, last)| (at, word.to_owned(), last)));

    let refused = client.handle_message(MessageRequest::default()).await;
    let refused = refused.expect_err("there is no session");
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "no session"));
    server.abort();
}
