// Calls a mock of the library as a consumer does, and prints each call that went as agreed.
//
// Usage: client ADDRESS CALL...
//
// A CALL is the name of a method, `NOT_FOUND`, `UNAUTHENTICATED`, `deadline`, `cancel`, `health`, `reflection`, or
// `standard`, which writes the files of the standard services as grpc-go has them to
// `standard.binpb`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	libraryv1 "example.com/agent-contract/library/v1"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// limit is what no call takes; one that hangs is an error.
const limit = 5 * time.Second

// standard are the files of the standard services.
var standard = []protoreflect.FileDescriptor{
	healthv1.File_grpc_health_v1_health_proto,
	reflectionv1.File_grpc_reflection_v1_reflection_proto,
	reflectionv1alpha.File_grpc_reflection_v1alpha_reflection_proto,
}

func main() {
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	library := libraryv1.NewLibraryServiceClient(connection)
	calls := map[string]func(context.Context){
		"GetBook":         func(ctx context.Context) { getBook(ctx, library) },
		"NOT_FOUND":       func(ctx context.Context) { notFound(ctx, library) },
		"UNAUTHENTICATED": func(ctx context.Context) { unauthenticated(ctx, library) },
		"ReadBook":        func(ctx context.Context) { readBook(ctx, library) },
		"deadline":        func(ctx context.Context) { deadline(ctx, library) },
		"cancel":          func(ctx context.Context) { cancel(ctx, library) },
		"UploadBook":      func(ctx context.Context) { uploadBook(ctx, library) },
		"Discuss":         func(ctx context.Context) { discuss(ctx, library) },
		"CountReaders":    func(ctx context.Context) { countReaders(ctx, library) },
		"health":          func(ctx context.Context) { health(ctx, healthv1.NewHealthClient(connection)) },
		"reflection":      func(ctx context.Context) { reflection(ctx, connection) },
		"standard":        func(context.Context) { writeStandard() },
	}
	for _, name := range os.Args[2:] {
		ctx, done := context.WithTimeout(context.Background(), limit)
		calls[name](ctx)
		done()
		fmt.Println(name, "is as agreed")
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func assert(holds bool, found ...any) {
	if !holds {
		panic(fmt.Sprint(found...))
	}
}

// receive returns all messages of a stream, which has to end well.
func receive[T any](stream grpc.ServerStreamingClient[T]) []*T {
	var all []*T
	for {
		one, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		check(err)
		all = append(all, one)
	}
}

// choosing is the metadata of an interaction that shares its request with another one.
func choosing(ctx context.Context, name string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer reader", "wireproof-interaction", name)
}

func getBook(ctx context.Context, library libraryv1.LibraryServiceClient) {
	var headers, trailers metadata.MD
	request := &libraryv1.GetBookRequest{Id: "b-1"}
	response, err := library.GetBook(choosing(ctx, "a book is found"), request, grpc.Header(&headers), grpc.Trailer(&trailers))
	check(err)
	book := response.GetBook()
	assert(book.GetId() == "b-1" && book.GetGenre() == libraryv1.Genre_GENRE_NOVEL, book)
	assert(strings.HasPrefix(book.GetTitle(), "The ") && book.GetPages() >= 1 && book.GetPages() <= 1000, book)
	assert(slices.Equal(book.GetAuthors(), []string{"Ada", "Bob"}), book)
	assert(len(book.GetRatings()) == 1 && book.GetRatings()["5"] == 10, book)
	assert(len(book.GetTags()) == 2 && slices.Contains(book.GetTags(), "old"), book)
	assert(time.Since(book.GetReadTime().AsTime()).Abs() < time.Minute && book.Price != nil, book)
	assert(slices.Equal(headers["x-library"], []string{"main"}) && headers["x-internal"] == nil, headers)
	assert(regexp.MustCompile("^[0-9]+$").MatchString(strings.Join(trailers["x-cost"], ",")), trailers)
}

func notFound(ctx context.Context, library libraryv1.LibraryServiceClient) {
	request := &libraryv1.GetBookRequest{Id: "b-1"}
	_, err := library.GetBook(choosing(ctx, "a book that does not exist is NOT_FOUND"), request)
	found := status.Convert(err)
	assert(found.Code() == codes.NotFound && strings.Contains(found.Message(), "b-1"), err)
	details := found.Details()
	assert(len(details) == 1, details...)
	detail, is := details[0].(*libraryv1.GetBookRequest)
	assert(is && proto.Equal(detail, request), details...)
}

func unauthenticated(ctx context.Context, library libraryv1.LibraryServiceClient) {
	_, err := library.GetBook(ctx, &libraryv1.GetBookRequest{Id: "b-1"})
	assert(status.Code(err) == codes.Unauthenticated, err)
}

func readBook(ctx context.Context, library libraryv1.LibraryServiceClient) {
	stream, err := library.ReadBook(ctx, &libraryv1.ReadBookRequest{Id: "b-1", Count: 5})
	check(err)
	lines := receive(stream)
	assert(len(lines) == 5, lines)
	for i, line := range lines {
		assert(line.GetNumber() == int32(i) && line.GetIsFinal() == (i == 4), lines)
		assert(regexp.MustCompile("^line [0-9]$").MatchString(line.GetText()), lines)
	}
	assert(lines[0].GetText() == "line 0", lines)
	stream, err = library.ReadBook(ctx, &libraryv1.ReadBookRequest{Id: "b-1"})
	check(err)
	assert(len(receive(stream)) == 0, "a book without lines has some")
}

func deadline(ctx context.Context, library libraryv1.LibraryServiceClient) {
	ctx, done := context.WithTimeout(ctx, 200*time.Millisecond)
	defer done()
	stream, err := library.ReadBook(ctx, &libraryv1.ReadBookRequest{Id: "b-slow", Count: 5})
	for err == nil {
		_, err = stream.Recv()
	}
	assert(status.Code(err) == codes.DeadlineExceeded, err)
}

func cancel(ctx context.Context, library libraryv1.LibraryServiceClient) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := library.ReadBook(ctx, &libraryv1.ReadBookRequest{Id: "b-endless", Count: 1000})
	check(err)
	for i := range 2 {
		line, err := stream.Recv()
		check(err)
		assert(line.GetNumber() == int32(i), line)
	}
	cancel()
	// What has arrived by now may still be read.
	for err == nil {
		_, err = stream.Recv()
	}
	assert(status.Code(err) == codes.Canceled, err)
}

func uploadBook(ctx context.Context, library libraryv1.LibraryServiceClient) {
	stream, err := library.UploadBook(ctx)
	check(err)
	for _, chunk := range [][]byte{{0, 1, 2}, {3, 4}, {5}} {
		check(stream.Send(&libraryv1.UploadBookRequest{Chunk: chunk}))
	}
	response, err := stream.CloseAndRecv()
	check(err)
	assert(response.GetReceivedBytes() == 6, response)
}

// discuss says the second word only after the first one was answered.
func discuss(ctx context.Context, library libraryv1.LibraryServiceClient) {
	stream, err := library.Discuss(ctx)
	check(err)
	for _, text := range []string{"hello", "bye"} {
		check(stream.Send(&libraryv1.DiscussRequest{Text: text}))
		response, err := stream.Recv()
		check(err)
		assert(response.GetText() == "re: "+text, response)
	}
	check(stream.CloseSend())
	_, err = stream.Recv()
	assert(errors.Is(err, io.EOF), err)
}

func countReaders(ctx context.Context, library libraryv1.LibraryServiceClient) {
	response, err := library.CountReaders(ctx, &libraryv1.CountReadersRequest{})
	check(err)
	assert(response.GetCount() == 0, response)
}

func health(ctx context.Context, health healthv1.HealthClient) {
	serving := healthv1.HealthCheckResponse_SERVING
	for _, service := range []string{"", "library.v1.LibraryService"} {
		answer, err := health.Check(ctx, &healthv1.HealthCheckRequest{Service: service})
		check(err)
		assert(answer.GetStatus() == serving, service, answer)
	}
	_, err := health.Check(ctx, &healthv1.HealthCheckRequest{Service: "nothing"})
	assert(status.Code(err) == codes.NotFound, err)
	all, err := health.List(ctx, &healthv1.HealthListRequest{})
	check(err)
	for _, service := range []string{"", "library.v1.LibraryService"} {
		assert(all.GetStatuses()[service].GetStatus() == serving, service, all)
	}
	for service, expected := range map[string]healthv1.HealthCheckResponse_ServingStatus{
		"library.v1.LibraryService": serving,
		"nothing":                   healthv1.HealthCheckResponse_SERVICE_UNKNOWN,
	} {
		// Whoever watches is told of changes, so the call goes on.
		ctx, done := context.WithTimeout(ctx, 300*time.Millisecond)
		defer done()
		stream, err := health.Watch(ctx, &healthv1.HealthCheckRequest{Service: service})
		check(err)
		answer, err := stream.Recv()
		check(err)
		assert(answer.GetStatus() == expected, service, answer)
		answer, err = stream.Recv()
		assert(status.Code(err) == codes.DeadlineExceeded, service, answer, err)
	}
}

// ask asks one question of a version of reflection, whose messages are those of v1.
type ask func(*reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse

func v1(ctx context.Context, connection *grpc.ClientConn) ask {
	stream, err := reflectionv1.NewServerReflectionClient(connection).ServerReflectionInfo(ctx)
	check(err)
	return func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		check(stream.Send(request))
		response, err := stream.Recv()
		check(err)
		return response
	}
}

func v1alpha(ctx context.Context, connection *grpc.ClientConn) ask {
	stream, err := reflectionv1alpha.NewServerReflectionClient(connection).ServerReflectionInfo(ctx)
	check(err)
	return func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		older, response := &reflectionv1alpha.ServerReflectionRequest{}, &reflectionv1.ServerReflectionResponse{}
		convert(request, older)
		check(stream.Send(older))
		answer, err := stream.Recv()
		check(err)
		convert(answer, response)
		return response
	}
}

// convert copies a message into one of another version.
func convert(from, to proto.Message) {
	bytes, err := proto.Marshal(from)
	check(err)
	check(proto.Unmarshal(bytes, to))
}

// reflection fetches every service with its files, and compares them with those that are linked in.
func reflection(ctx context.Context, connection *grpc.ClientConn) {
	linked := append([]protoreflect.FileDescriptor{
		libraryv1.File_library_v1_library_proto,
		timestamppb.File_google_protobuf_timestamp_proto,
	}, standard...)
	for _, ask := range []ask{v1(ctx, connection), v1alpha(ctx, connection)} {
		listed := ask(&reflectionv1.ServerReflectionRequest{
			Host:           "here",
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
		})
		assert(listed.GetValidHost() == "here" && listed.GetOriginalRequest().GetHost() == "here", listed)
		fetched := map[string]*descriptorpb.FileDescriptorProto{}
		var names []string
		for _, service := range listed.GetListServicesResponse().GetService() {
			names = append(names, service.GetName())
			fetch(fetched, ask(&reflectionv1.ServerReflectionRequest{
				MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.GetName()},
			}))
		}
		slices.Sort(names)
		assert(slices.Equal(names, []string{
			"grpc.health.v1.Health",
			"grpc.reflection.v1.ServerReflection",
			"grpc.reflection.v1alpha.ServerReflection",
			"library.v1.LibraryService",
		}), names)
		// They are complete: each import is there, and each name is declared.
		files, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: values(fetched)})
		check(err)
		assert(len(fetched) == len(linked) && files.NumFiles() == len(linked), fetched)
		for _, ours := range linked {
			theirs, err := files.FindFileByPath(ours.Path())
			check(err)
			expected, found := protodesc.ToFileDescriptorProto(ours), protodesc.ToFileDescriptorProto(theirs)
			assert(proto.Equal(expected, found), "expected: ", expected, "\nfound: ", found)
			again := map[string]*descriptorpb.FileDescriptorProto{}
			fetch(again, ask(&reflectionv1.ServerReflectionRequest{
				MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: ours.Path()},
			}))
			assert(proto.Equal(again[ours.Path()], fetched[ours.Path()]), again)
		}
		for _, request := range []*reflectionv1.ServerReflectionRequest{
			{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "library.v1.Nothing"}},
			{MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: "nothing.proto"}},
			{MessageRequest: &reflectionv1.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: "library.v1.Nothing"}},
			{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingExtension{
				FileContainingExtension: &reflectionv1.ExtensionRequest{ContainingType: "library.v1.Book", ExtensionNumber: 100},
			}},
		} {
			response := ask(request)
			assert(response.GetErrorResponse().GetErrorCode() == int32(codes.NotFound), response)
			assert(proto.Equal(response.GetOriginalRequest(), request), response)
		}
		nothing := ask(&reflectionv1.ServerReflectionRequest{})
		assert(nothing.GetErrorResponse().GetErrorCode() == int32(codes.InvalidArgument), nothing)
		for of, expected := range map[string][]int32{
			"library.v1.Book":                nil,
			"library.v1.Shelf":               {100, 101},
			"google.protobuf.MessageOptions": {50001},
		} {
			response := ask(&reflectionv1.ServerReflectionRequest{
				MessageRequest: &reflectionv1.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: of},
			}).GetAllExtensionNumbersResponse()
			assert(response.GetBaseTypeName() == of && slices.Equal(response.GetExtensionNumber(), expected), response)
			for _, number := range expected {
				found := map[string]*descriptorpb.FileDescriptorProto{}
				fetch(found, ask(&reflectionv1.ServerReflectionRequest{
					MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingExtension{
						FileContainingExtension: &reflectionv1.ExtensionRequest{ContainingType: of, ExtensionNumber: number},
					},
				}))
				// The file, and the one that it imports.
				assert(len(found) == 2 && found["library/v1/shelf.proto"] != nil, of, number, found)
			}
		}
	}
}

// fetch adds the files of a response.
func fetch(files map[string]*descriptorpb.FileDescriptorProto, response *reflectionv1.ServerReflectionResponse) {
	found := response.GetFileDescriptorResponse().GetFileDescriptorProto()
	assert(len(found) > 0, response)
	for _, bytes := range found {
		file := &descriptorpb.FileDescriptorProto{}
		check(proto.Unmarshal(bytes, file))
		files[file.GetName()] = file
	}
}

func values(files map[string]*descriptorpb.FileDescriptorProto) []*descriptorpb.FileDescriptorProto {
	var all []*descriptorpb.FileDescriptorProto
	for _, file := range files {
		all = append(all, file)
	}
	return all
}

func writeStandard() {
	set := &descriptorpb.FileDescriptorSet{}
	for _, file := range standard {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	check(err)
	check(os.WriteFile("standard.binpb", bytes, 0o644))
}
